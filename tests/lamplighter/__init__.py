"""Tests of the room `lamplighter`, one file for each of its files."""
