"""Labelled films."""
