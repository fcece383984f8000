"""How tables and resources are declared, and the tables that belong to no domain."""
