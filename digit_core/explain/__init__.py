"""Why a reading came out as it did."""
