"""The mirror of the house, its slow twins and its stories."""
