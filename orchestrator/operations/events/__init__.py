"""From a webhook to the committed decision about its call."""
