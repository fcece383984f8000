"""Care of a whole store: checks and copies."""
