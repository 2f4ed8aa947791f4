"""Measures a run out of fold."""
