"""What is kept of a build until the service has it."""
