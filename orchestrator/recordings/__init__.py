"""Where recordings come from and where their files are kept."""
