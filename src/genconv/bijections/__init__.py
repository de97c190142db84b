"""Bijections that return their log-determinant, and surjections that return their likelihood term: flows are chains of
them. Features are the last axis: points are (batch, dim), images (batch, h, w, channels).
"""
