"""Programs that run inside a foreign library's own environment; never imported by a test."""
