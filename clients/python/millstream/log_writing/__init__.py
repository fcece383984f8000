"""Writing what there is a lot of, entry by entry: the lines of a build's log, and all that other writers share."""
