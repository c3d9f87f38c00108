"""The REST API: its resources, the webhook endpoint, and the HTTP server that serves them."""
