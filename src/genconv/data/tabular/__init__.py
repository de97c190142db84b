"""Points in tables and arrays of the user's."""
