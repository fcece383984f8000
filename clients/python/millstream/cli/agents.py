"""`millstream agents`: the coding agents, what they do, their settings, and the issues that they work on."""

import typer

from millstream.cli.agents_config import config_app
from millstream.cli.agents_events import events_command
from millstream.cli.agents_list import list_command
from millstream.cli.agents_show import show_command
from millstream.cli.agents_sync import sync_issues_command
from millstream.cli.agents_tree import tree_command

agents_app = typer.Typer(no_args_is_help=True, help="Coding agents: who works on what, and how they are set up.")

agents_app.command("list")(list_command)
agents_app.command("show")(show_command)
agents_app.command("events")(events_command)
agents_app.command("tree")(tree_command)
agents_app.command("sync-issues")(sync_issues_command)
agents_app.add_typer(config_app, name="config")
