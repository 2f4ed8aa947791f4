"""What the score is."""
