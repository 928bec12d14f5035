"""The screens: what staff and residents look at."""
