"""Generative models, one a file with its configuration, found by name."""
