"""Lines of logs, and the chunks that hold them."""
