"""Tests of the room `vocabulary`, one file for each of its files."""
