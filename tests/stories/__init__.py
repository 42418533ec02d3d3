"""Stories over several polls, on the stack's own tables."""
