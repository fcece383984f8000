"""What lies between gRPC and the handlers: registration, errors to statuses, limits, an orderly end."""
