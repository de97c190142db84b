"""Results out again: to trackers, to tables, to a paper and to an archive. One file a target."""
