"""Tests of the room `ingest`, one file for each of its files."""
