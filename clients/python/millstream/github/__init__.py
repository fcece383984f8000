"""Issues from GitHub: `source` asks its REST API. Needs `millstream[github]`."""
