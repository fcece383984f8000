"""The one road into the store: commands, and the thread that commits them in groups."""
