"""The networks, their vote, and the manifest that vouches for their weights."""
