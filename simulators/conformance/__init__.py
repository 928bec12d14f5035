"""Conformance: every assertion of Sparkplug B 3.0, judged on what our programs really send."""
