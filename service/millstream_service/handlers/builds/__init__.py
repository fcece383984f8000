"""BackendService: projects, schemes, builds and crash reports."""
