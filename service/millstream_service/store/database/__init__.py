"""A database that is open: its file, its schema, who it is, and the threads that read it."""
