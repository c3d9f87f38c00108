"""One verb, one file: what the API, the workers and the CLI may do."""
