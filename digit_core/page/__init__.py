"""A picture's way to the frames that networks read."""
