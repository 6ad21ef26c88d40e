"""The networks' model cards: README.md beside each network's weights, here and on the Hub."""
