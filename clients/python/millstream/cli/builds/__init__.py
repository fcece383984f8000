"""`millstream builds` and `millstream show`."""
