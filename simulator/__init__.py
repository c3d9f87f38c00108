"""The carrier on your desk: a stand-in for the Telnyx Call Control API."""
