"""Parses a flow document into a definition and reports every problem in it."""
