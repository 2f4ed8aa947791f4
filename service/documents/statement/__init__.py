"""What a result shows, in a sentence or two of the reader's language, made from its numbers."""
