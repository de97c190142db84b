"""The data that models are trained on, by name. Importing this package does not import JAX."""
