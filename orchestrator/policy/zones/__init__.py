"""Time zones: of places, of phone numbers, of contacts."""
