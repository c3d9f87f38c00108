"""Uploaded files of contacts: encodings, CSV headers and rows, spreadsheet cells."""
