"""How sure one may be of what ten seeds show: intervals, comparisons, power, survival, and what else seeds tell.

Pure functions of arrays and of cells; NumPy and SciPy, no JAX. Import the modules: this file imports none,
so that a command loads only what it needs.
"""
