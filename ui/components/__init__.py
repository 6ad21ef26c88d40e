"""The page's own components: a folder each, and what they share."""
