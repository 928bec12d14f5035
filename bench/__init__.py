"""Promises, measured."""
