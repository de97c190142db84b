"""Runs on disk: one folder a run, written atomically, read without JAX."""
