"""The Millstream service."""
