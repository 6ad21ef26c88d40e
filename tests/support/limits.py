"""How large the networks may become."""

PARAMETER_LIMITS = {"compact": 100_000, "deep": 330_000, "finder": 300_000}
