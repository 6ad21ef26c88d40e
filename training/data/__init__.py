"""What training and measuring see."""
