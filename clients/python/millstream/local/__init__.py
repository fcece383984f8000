"""Where the services of this user listen on this machine."""
