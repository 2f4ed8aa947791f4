"""A model file grades films as the service would; every grading is kept."""
