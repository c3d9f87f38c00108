"""The web face: one file per resource, the webhook door, problems, auth."""
