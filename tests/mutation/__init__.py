"""The tests themselves are tested: code is broken on purpose, and they have to notice."""
