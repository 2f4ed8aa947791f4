"""Brings a model file onto a site's readers, without training and without torch."""
