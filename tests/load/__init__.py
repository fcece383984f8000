"""The load harness: every figure beside its floor of the same run. `python -m tests.load --help`."""
