"""Synthetic photos of a few rows of digits, to measure with: no network learns from them as they are."""
