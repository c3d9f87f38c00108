"""The Telnyx Call Control API: commands, answers, webhooks, signatures and the client."""
