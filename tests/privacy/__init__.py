"""What may leave a gateway, and planted leaks that each gate must notice."""
