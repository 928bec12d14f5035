"""Our host and our gateway among Sparkplug implementations that we did not write."""
