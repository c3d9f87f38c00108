"""Who may do what over REST, and the record of what they did."""
