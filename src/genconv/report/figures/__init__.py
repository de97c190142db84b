"""Paper-ready figures, one kind a file."""
