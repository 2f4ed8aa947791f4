"""Drawn films through every source every night, compared with the day of installation."""
