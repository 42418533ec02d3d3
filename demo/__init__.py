"""The product at work on this machine, in a few minutes of story time."""
