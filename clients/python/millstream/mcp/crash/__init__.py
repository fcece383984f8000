"""Tools that read crash reports."""
