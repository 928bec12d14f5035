"""Tests of the room `edge`, one file for each of its files."""
