"""A fuzzer of every RPC: typed and damaged requests against a real service, seeded. `make fuzz` runs it."""
