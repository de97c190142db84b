"""Layers shared by models; batches come first: arrays are (batch, features), images (batch, h, w, channels)."""
