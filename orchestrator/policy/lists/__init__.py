"""Lists of numbers: what they are, which of them hold for a campaign, and when a registry is too old."""
