"""Callees: test numbers, and a population drawn from the seed."""
