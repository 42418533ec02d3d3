"""Calls that go wrong, functions that run at once, and what each function may do."""
