"""Two model files on the same films; it works without torch."""
