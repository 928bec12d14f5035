"""The world on purpose: clock, cables, boards, town and faults, from one seed."""
