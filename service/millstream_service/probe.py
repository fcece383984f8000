"""Asks a service for its health: `python -m millstream_service.probe [ADDRESS]`, for containers and scripts.

Exits 0 where it serves, 1 where it does not. ADDRESS is by default where a service started here would listen.
"""

import sys
from collections.abc import Sequence
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from millstream_service.config import default_listen

SECONDS = 4.0


def state(address: str, seconds: float = SECONDS) -> str:
    """Return the health that the service at this address tells, or why it tells none."""
    with grpc.insecure_channel(address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its types know no methods
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=seconds)
        except grpc.RpcError as error:
            return str(error.code().name)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


def main(arguments: Sequence[str]) -> int:
    """Print the health, and return the exit code."""
    found = state(arguments[0] if arguments else default_listen())
    print(found)  # noqa: T201 - a command's own output
    return 0 if found == "SERVING" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
