"""The carrier's language: typed commands, typed events, signature, client, answers sorted by what to do."""
