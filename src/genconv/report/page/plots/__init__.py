"""What the page's own charts draw, as plain numbers: the same statistics as the figures, for a pointer to ask."""
