"""Study files and run configurations as frozen, validated types; no JAX."""
