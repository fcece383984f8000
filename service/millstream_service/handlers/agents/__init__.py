"""AgentService: the RPCs of each noun in a module of its own."""
