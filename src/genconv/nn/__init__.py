"""Layers shared by models; batches come first: arrays are (batch, features)."""
