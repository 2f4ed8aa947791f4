"""A site's acceptance test of a model file; it works without torch."""
