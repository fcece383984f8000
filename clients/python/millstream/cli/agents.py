"""`millstream agents`: the coding agents, what they do, their settings, and the issues that they work on."""

from millstream.cli.declared import Group

agents_app = Group(
    "Coding agents: who works on what, and how they are set up.",
    {
        "list": ("millstream.cli.agents_list", "list_command"),
        "show": ("millstream.cli.agents_show", "show_command"),
        "events": ("millstream.cli.agents_events", "events_command"),
        "tree": ("millstream.cli.agents_tree", "tree_command"),
        "sync-issues": ("millstream.cli.agents_sync", "sync_issues_command"),
        "config": ("millstream.cli.agents_config", "config_app"),
    },
)
