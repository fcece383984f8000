"""`millstream agents`: the coding agents, what they do, their settings, and the issues that they work on."""

from millstream.cli.shared.declared import Group

agents_app = Group(
    "Coding agents: who works on what, and how they are set up.",
    {
        "list": ("millstream.cli.agents.listing", "list_command"),
        "show": ("millstream.cli.agents.show", "show_command"),
        "events": ("millstream.cli.agents.events", "events_command"),
        "log": ("millstream.cli.agents.log", "log_command"),
        "tree": ("millstream.cli.agents.tree", "tree_command"),
        "sync-issues": ("millstream.cli.agents.sync", "sync_issues_command"),
        "config": ("millstream.cli.agents.config", "config_app"),
    },
)
