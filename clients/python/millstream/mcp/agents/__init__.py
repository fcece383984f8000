"""Tools by which agents say who they are, and what they do."""
