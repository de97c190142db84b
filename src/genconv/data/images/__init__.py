"""Datasets of images: reading, finding, downloading and binarizing them. Importing this package does not import JAX."""
