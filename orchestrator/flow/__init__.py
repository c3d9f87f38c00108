"""The flow language: a document, its check, and the pure engine that walks a call through it."""
