"""A training step taken apart: what each module computes, and where the first non-finite number comes from."""
