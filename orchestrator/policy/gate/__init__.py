"""The gate's parts: what it looks at, what it answers, and its checks."""
