"""What finds out the truth after a lost answer, a lost event or a lost store."""
