"""What is written in C. Each module has the same in Python beside its caller."""
