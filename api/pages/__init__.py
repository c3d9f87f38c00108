"""The web page: what REST can do, for people. Rendered here, useful without a script, and without logic of its own."""
