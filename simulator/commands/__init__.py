"""One file per command: its fields and its effect."""
