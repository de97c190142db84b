"""The ten toy densities of FFJORD (arXiv 1810.01367): samplers and exact log-densities on the plane."""
