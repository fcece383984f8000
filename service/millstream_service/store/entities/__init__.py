"""What all entities have in common: rows, pages, deletions and counters, for any resource."""
