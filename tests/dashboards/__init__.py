"""Tests of the room `dashboards`, one file for each of its files."""
