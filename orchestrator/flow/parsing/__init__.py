"""Understands a flow document: turns its spots into a definition and tells every problem on the way."""
