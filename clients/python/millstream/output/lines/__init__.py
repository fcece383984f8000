"""From bytes as they come to the text of lines."""
