"""Whatever comes from outside, at each place where it comes in."""
