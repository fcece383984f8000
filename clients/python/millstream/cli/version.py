"""`millstream --version`."""

import sys


def print_version() -> None:
    """Print which version is installed."""
    from importlib.metadata import version

    sys.stdout.write(f"millstream {version('millstream')}\n")
