"""Lamplighter beside Sparkplug implementations that others wrote, over a real broker."""
