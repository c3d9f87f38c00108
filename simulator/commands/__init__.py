"""The commands: one file for each, or for its start and stop, with the fields and the effect."""
