"""What the networks are worth, measured."""
