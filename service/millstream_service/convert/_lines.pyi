from collections.abc import Sequence

def messages(
    head: bytes,
    build_id: bytes,
    first_seq: int,
    texts: bytes,
    separator: int,
    kinds: Sequence[bytes | None],
    column: bytes,
    times: bytes,
    first: int,
    index: int,
    begin: int,
    most: int,
    /,
) -> tuple[bytes, int, int]: ...
