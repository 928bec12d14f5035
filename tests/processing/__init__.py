"""Tests of the room `processing`, one file for each of its files."""
