"""Templates, their expressions and filters, and translated texts."""
