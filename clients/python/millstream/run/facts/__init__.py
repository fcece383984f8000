"""What can be found out about a build and its machine."""
