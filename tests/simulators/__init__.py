"""Tests of the room `simulators`, one file for each of its files."""
