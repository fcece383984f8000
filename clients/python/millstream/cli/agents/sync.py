"""`millstream agents sync-issues`: issues from GitHub."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from millstream.cli.shared.declared import Argument, Option
from millstream.cli.shared.options import AddressOption, DatabaseOption, JsonOption, seconds

if TYPE_CHECKING:
    from millstream import Client
    from millstream.github.repository import Repository
    from millstream.github.sync import SyncOutcome

TOKEN_KEY = "github.token"  # noqa: S105 - the setting's name
TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105 - its name
API_VARIABLE = "GITHUB_API_URL"


def sync_issues_command(
    repository: Annotated[str, Argument(metavar="OWNER/REPO", help="The repository on GitHub.")],
    token_env: Annotated[
        str,
        Option(metavar="NAME", help=f"The environment variable with the token, if there is no setting {TOKEN_KEY}."),
    ] = TOKEN_VARIABLE,
    api_url: Annotated[
        str | None,
        Option(metavar="URL", help=f"The API of your own GitHub server (or {API_VARIABLE})."),
    ] = None,
    full: Annotated[bool, Option("--full", help="Fetch all issues, not only changed ones.")] = False,
    max_wait: Annotated[float, seconds("--max-wait", "Total time to wait for rate limits.", 86_400)] = 60,
    json: JsonOption = False,
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """Store the issues of a GitHub repository that have changed since the last sync.

    Set the token once: 'millstream agents config set github.token --encrypted'. Exits with 1 if GitHub refuses or
    fails, and then stores nothing.
    """
    from millstream.github.api_url import check_url
    from millstream.github.repository import Repository
    from millstream.local.finding import with_secrets

    with _as_command_errors():
        wanted = Repository.parse(repository)
        url = check_url(api_url or os.environ.get(API_VARIABLE))

        def sync(client: "Client") -> "SyncOutcome":
            return _sync(client, wanted, url, _token(client, token_env), full=full, max_wait=max_wait)

        outcome = with_secrets(address, db, sync)
    _put(wanted, outcome, json=json)


def _sync(
    client: "Client", repository: "Repository", api_url: str, token: str, *, full: bool, max_wait: float
) -> "SyncOutcome":
    from millstream.cli.shared.tally import format_count
    from millstream.cli.shared.terminal import put_note, put_warning
    from millstream.github.patience import Patience
    from millstream.github.sync import sync_issues
    from millstream.local.extras import extra

    with extra("github", "GitHub can't be asked"):
        from millstream.github.source import GitHubSource

        source = GitHubSource(token, api_url, Patience(max_wait, put_warning))

    def tell(read: int) -> None:
        put_note(f"{format_count(read, 'issue')} read")

    return sync_issues(client, source, repository, api_url=api_url, full=full, tell=tell)


def _token(client: "Client", variable: str) -> str:
    """Return the token of the configuration, else that of the environment; empty where there is none."""
    from millstream.errors import ConfigNotFoundError

    try:
        return client.agents.get_config(TOKEN_KEY).value
    except ConfigNotFoundError:
        return os.environ.get(variable, "").strip()


def _put(repository: "Repository", outcome: "SyncOutcome", *, json: bool) -> None:
    from millstream.cli.shared.json_output import json_object
    from millstream.cli.shared.terminal import put_line

    if json:
        fields = ("created", "updated", "unchanged", "not_modified")
        put_line(json_object({"repository": str(repository)} | {name: getattr(outcome, name) for name in fields}))
    elif outcome.not_modified or not (outcome.created or outcome.updated):
        put_line(f"{repository}: nothing has changed")
    else:
        put_line(f"{repository}: {outcome.created:,} new, {outcome.updated:,} changed")


@contextmanager
def _as_command_errors() -> Iterator[None]:
    from millstream.cli.shared.errors import BadUsageError, CommandError
    from millstream.github.errors import GitHubError

    try:
        yield
    except GitHubError as error:
        raise CommandError(str(error)) from error
    except ValueError as error:
        raise BadUsageError(str(error)) from error
