"""Phone numbers as people write them, turned into E.164 or refused."""
