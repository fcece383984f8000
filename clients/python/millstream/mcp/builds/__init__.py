"""Tools that find builds."""
