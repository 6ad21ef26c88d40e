"""Training, measuring and publishing of the two networks; the app never imports this package."""
