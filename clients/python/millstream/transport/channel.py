"""The connection's settings."""

import grpc

MAX_RECEIVED_BYTES = 16 * 1024 * 1024

OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", MAX_RECEIVED_BYTES),
    # A dead peer is noticed within about a minute; only while calls are open: an idle client sends nothing.
    ("grpc.keepalive_time_ms", 45_000),
    ("grpc.keepalive_timeout_ms", 15_000),
    ("grpc.http2.max_pings_without_data", 0),
    # A service that restarts is found again quickly, before a call runs out of tries: gRPC's own backoff would begin at
    # 1 s and grow to 2 minutes. A try costs next to nothing on one machine.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
    # Each client has a connection and a backoff of its own: one client's failures never delay another.
    ("grpc.use_local_subchannel_pool", 1),
    # The service is on this machine: no proxy leads to it, and DNS knows nothing about it.
    ("grpc.enable_http_proxy", 0),
    ("grpc.service_config_disable_resolution", 1),
)


def open_channel(address: str) -> grpc.aio.Channel:
    """Return a channel to the service at `address`, on the event loop that runs. It connects when it is first used."""
    return grpc.aio.insecure_channel(address, options=OPTIONS)
