"""Public collections, and a hospital's own tables, brought into the manifest's format."""
