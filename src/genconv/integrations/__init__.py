"""A recorder as a logger or callback of other frameworks; each file needs the library that it is named after."""
