"""The baselines: each against its closed form, or a slow twin that asks one poll at a time."""
