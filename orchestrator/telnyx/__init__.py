"""The carrier's language: commands, answers, webhooks, signatures, and the client that speaks it."""
