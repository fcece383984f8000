"""Row to message and back, and nowhere else. What a field may hold is declared and checked here, once."""
