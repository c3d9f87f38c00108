"""The nouns: calls, contacts, campaigns, and the tables of what may follow what."""
