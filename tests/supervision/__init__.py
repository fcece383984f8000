"""What a service does in the background fails: it goes on, or it ends and says so."""
