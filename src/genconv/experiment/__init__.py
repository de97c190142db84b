"""From a study to finished runs in the store: what is missing is trained, the rest is kept."""
