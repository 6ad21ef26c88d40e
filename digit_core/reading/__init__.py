"""From shapes to a reading: which belong together, where they are cut, which of several readings stands."""
