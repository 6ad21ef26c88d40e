"""Networks and app on the Hub."""
