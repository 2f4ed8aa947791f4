"""The evaluation of a run as one HTML page."""
