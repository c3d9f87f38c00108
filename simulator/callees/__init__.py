"""Who is called, and how they behave: test numbers and a population drawn from the seed."""
