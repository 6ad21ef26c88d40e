"""What the command lines share: their options, tables and processes."""
