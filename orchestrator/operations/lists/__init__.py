"""What is done with lists of numbers."""
