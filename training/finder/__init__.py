"""Train the finder: `python -m training.finder [--steps N] [--seed N]`.

It learns from pages composed by code that never repeat (`training.data.pages`), by writers, in fonts and with seeds
that validation does not have. A run lives in `DIGIT_RUN_DIR`, writes its whole state every few minutes and goes on from
there when it is started again with the same data and code, or with `--despite-changes`; averaged weights are what
validation sees and what is exported to `models/finder/`.
"""
