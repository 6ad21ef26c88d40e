"""The page and the API over `digit_core`: one module per tab, one package per component of our own."""
