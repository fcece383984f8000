"""The messages of builds."""
