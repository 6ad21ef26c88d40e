"""What was measured, and the figures that show it."""
