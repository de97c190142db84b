"""Bijections that return their log-determinant; a flow is a chain of them."""
