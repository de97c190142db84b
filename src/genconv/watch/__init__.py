"""The page served on this machine while a store grows."""
