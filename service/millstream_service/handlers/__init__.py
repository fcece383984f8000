"""One servicer a gRPC service, RPCs in the order of the proto. No SQL here, and errors are only raised."""
