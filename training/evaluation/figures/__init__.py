"""Figures of graded films, each with an interval over patients."""
