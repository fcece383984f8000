"""`millstream serve`: the service, until it is stopped."""

from typing import Annotated

from millstream.cli.shared.declared import Option
from millstream.cli.shared.options import INT32_MAX, DatabaseOption, KeyFileOption, KeyringOption


def serve_command(
    listen: Annotated[
        list[str] | None,
        Option(
            metavar="ADDRESS",
            help="Where to accept calls: HOST:PORT of this machine (port 0 picks a free one), or unix:PATH; may be "
            "repeated (or MILLSTREAM_LISTEN: one of them). Default: your own socket, and 127.0.0.1:50551.",
        ),
    ] = None,
    db: DatabaseOption = None,
    key_file: KeyFileOption = None,
    keyring: KeyringOption = False,
    secrets_over_tcp: Annotated[
        bool,
        Option("--secrets-over-tcp", help="Let callers over TCP read and replace secrets, too."),
    ] = False,
    max_streams: Annotated[
        int, Option(min=1, max=INT32_MAX, metavar="N", help="Maximum number of open streams in total.")
    ] = 20_000,
    max_streams_of_one: Annotated[
        int,
        Option(
            min=1, max=INT32_MAX, metavar="N", help="Maximum number of open streams of one client, on its connection."
        ),
    ] = 10_000,
    max_review_rounds: Annotated[
        int,
        Option(min=1, max=INT32_MAX, metavar="N", help="Maximum number of review rounds for a coding agent's work."),
    ] = 3,
    keep_logs_days: Annotated[
        int | None,
        Option(min=1, max=36_500, metavar="N", help="Delete logs of ended builds older than N days."),
    ] = None,
    keep_logs_builds: Annotated[
        int | None,
        Option(min=1, max=INT32_MAX, metavar="N", help="Keep the logs of each project's newest N builds."),
    ] = None,
    keep_logs_size: Annotated[
        str | None,
        Option(metavar="SIZE", help="Total size of logs to keep, such as 500M or 20G; the oldest go first."),
    ] = None,
    transport: Annotated[
        str | None,
        Option(
            metavar="NAME",
            help="What speaks HTTP/2: 'grpcio', with gRPC alone (the default), or 'native', with gRPC, gRPC-Web and "
            "Connect on one port (or MILLSTREAM_TRANSPORT).",
        ),
    ] = None,
    web_origin: Annotated[
        list[str] | None,
        Option(
            metavar="ORIGIN",
            help="Let web pages of this origin call, such as https://builds.example.com; may be repeated.",
        ),
    ] = None,
) -> None:
    """Run the service, for apps and other programs.

    Prints 'listening on' and each address once it accepts calls. Stop it with Ctrl-C or SIGTERM: acknowledged writes
    are stored.
    """
    from millstream.local.database import database_url
    from millstream.local.extras import server_extra

    with server_extra("the service is not installed"):
        from millstream_service.__main__ import serve
        from millstream_service.config import Config, default_transport, listening, size_in_bytes
        from millstream_service.security import keys
    database = database_url(db)
    config = Config(
        **listening(listen or [], database),
        database=database,
        secret=keys.find(key_file, keyring=keyring),
        secrets_over_tcp=secrets_over_tcp,
        max_streams=max_streams,
        max_streams_of_one=max_streams_of_one,
        max_review_rounds=max_review_rounds,
        keep_logs_days=keep_logs_days,
        keep_logs_builds=keep_logs_builds,
        transport=transport or default_transport(),
        web_origins=web_origin or (),
        keep_logs_size=None if keep_logs_size is None else size_in_bytes(keep_logs_size),
    )
    raise SystemExit(serve(config))
