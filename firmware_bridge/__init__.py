"""The board, without a port: bytes to readings and back."""
