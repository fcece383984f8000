"""What is below a store: SQLite or PostgreSQL, their drivers, and every difference between them."""
