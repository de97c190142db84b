"""The divergence of a stored run: the run trained again until then, and what happens if one thing is another."""
