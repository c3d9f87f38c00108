"""From a due contact to the answer of its dial request."""
