"""Tests of the room `firmware_bridge`, one file for each of its files."""
