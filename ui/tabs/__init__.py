"""The page's tabs: a builder and its handlers each."""
