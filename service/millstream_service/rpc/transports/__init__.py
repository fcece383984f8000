"""One adapter for each transport: it takes the routes of `rpc`, and speaks HTTP/2 with clients."""
