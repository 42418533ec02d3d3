"""What a poll costs: calls, rows and seconds, on this machine."""
