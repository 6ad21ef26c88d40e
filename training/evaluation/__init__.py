"""How well the networks read, measured."""
