"""The front door: one command that opens each room when asked."""
