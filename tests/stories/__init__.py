"""Whole stories: real processes, real broker, real database."""
