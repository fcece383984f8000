"""What all services share, and the calls about changes; `v1` holds the stubs."""
