"""Other people's runs: readers of what other tools write, brought into the form of the store."""
