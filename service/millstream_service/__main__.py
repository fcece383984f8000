"""Runs a service: `python -m millstream_service [--listen ADDRESS]… [--db URL] [--key-file PATH] [--keyring]`.

`millstream serve` calls it, too.
"""

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from millstream_service import freed_memory
from millstream_service.config import Config, default_database_url, default_transport, listening, size_in_bytes
from millstream_service.errors import InvalidArgumentError, MillstreamServiceError
from millstream_service.security import keys
from millstream_service.server import Service


def serve(config: Config) -> int:
    """Run until SIGTERM or SIGINT, and end in an orderly way. Raises what Service does on entering."""
    freed_memory.settle()
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(config))
    return 0


def _new_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop: uvloop's, which takes a sixth less of each call, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _serve(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Service(config) as service:
        _settle()
        if not service.compiled:
            sys.stderr.write(
                "millstream: logs are read and written slowly: there was no C compiler at the installation\n"
            )
        if service.why_alone is not None:
            sys.stderr.write(f"millstream: {service.why_alone}\n")
        if config.user_socket is not None:
            sys.stderr.write(f"millstream: {who_may_call(config, service.addresses)}\n")
        for address in service.addresses:
            print(f"listening on {address}", flush=True)  # noqa: T201 - our parent process waits for it
        await service.until(stop)


def who_may_call(config: Config, addresses: Sequence[str]) -> str:
    """Return a line on who can reach the usual two addresses."""
    ours = f"unix:{config.user_socket}"
    others = ", ".join(address for address in addresses if address != ours)
    secrets = "" if config.secrets_over_tcp else ", except for secrets"
    wait = "" if ours in addresses else ", once the process that has it ends"
    return f"only you can use {ours}{wait}; every user of this machine can use {others}{secrets}"


def _settle() -> None:
    """Tune the interpreter for a process that serves: measured in docs/performance.md."""
    gc.collect()
    gc.freeze()  # what was made so far stays: do not look through it again and again
    gc.set_threshold(20_000, 20, 50)


def _config(options: argparse.Namespace) -> Config:
    return Config(
        **listening(options.listen, options.db),
        database=options.db,
        secret=keys.find(options.key_file, keyring=options.keyring),
        secrets_over_tcp=options.secrets_over_tcp,
        max_streams=options.max_streams,
        max_streams_of_one=options.max_streams_of_one,
        max_review_rounds=options.max_review_rounds,
        keep_logs_days=options.keep_logs_days,
        keep_logs_builds=options.keep_logs_builds,
        transport=options.transport,
        web_origins=options.web_origin,
        keep_logs_size=None if options.keep_logs_size is None else size_in_bytes(options.keep_logs_size),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and serve; 1 where the service can't start, 2 on bad usage."""
    parser = argparse.ArgumentParser(prog="millstream_service", description=__doc__)
    parser.add_argument("--listen", action="append", default=[], help="127.0.0.1:PORT or unix:PATH; repeatable")
    parser.add_argument("--db", default=default_database_url(), help="SQLAlchemy URL of the database")
    parser.add_argument("--key-file", type=Path, help="file with the encryption key (or MILLSTREAM_KEY_FILE)")
    parser.add_argument("--keyring", action="store_true", help="take that key from the system's keyring")
    parser.add_argument("--secrets-over-tcp", action="store_true", help="allow access to secrets over TCP")
    parser.add_argument("--max-streams", type=int, default=Config.max_streams, help="maximum open streams in total")
    parser.add_argument("--max-streams-of-one", type=int, default=Config.max_streams_of_one, help="of one client")
    parser.add_argument("--max-review-rounds", type=int, default=Config.max_review_rounds, help="for an agent's work")
    parser.add_argument("--keep-logs-days", type=int, help="delete logs of builds older than this many days")
    parser.add_argument("--keep-logs-builds", type=int, help="keep the logs of this many builds per project")
    parser.add_argument("--keep-logs-size", help="total size of logs to keep, such as 20G")
    parser.add_argument("--transport", default=default_transport(), help="what speaks HTTP/2: native or grpcio")
    parser.add_argument("--web-origin", action="append", default=[], help="origin of pages that may call; repeatable")
    options = parser.parse_args(arguments)
    try:
        return serve(_config(options))
    except InvalidArgumentError as error:
        parser.error(error.message)
    except MillstreamServiceError as error:
        print(f"millstream: {error.message}", file=sys.stderr)  # noqa: T201 - a command's own message
        return 1


if __name__ == "__main__":
    sys.exit(main())
