"""The synthesised stack, its settings and its asset."""
