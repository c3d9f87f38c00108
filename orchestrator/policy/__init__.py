"""What may be dialed, when, and what follows an ended attempt: pure functions and data."""
