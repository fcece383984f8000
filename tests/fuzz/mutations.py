"""Requests that are damaged: most are no messages any more, some are others than they were."""

from random import Random

from millstream_service.convert.wire import encode_delimited, tag, varint

_MAX_FILL = 300_000


def damaged(random: Random, data: bytes) -> bytes:
    """Return the bytes of a message, damaged once or more often."""
    for _ in range(random.choice([1, 1, 1, 2, 5])):
        data = random.choice(_WAYS)(random, data)
    return data


def _flip(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) or 1)
    return data[:at] + bytes((random.randrange(256),)) + data[at + 1 :]


def _cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _insert(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.randbytes(random.randrange(20)) + data[at:]


def _twice(_random: Random, data: bytes) -> bytes:
    return data + data


def _noise(random: Random, _data: bytes) -> bytes:
    return random.randbytes(random.randrange(200))


def _unknown(random: Random, data: bytes) -> bytes:
    return data + encode_delimited(random.randrange(1, 40), random.randbytes(random.randrange(30)))


def _group(random: Random, data: bytes) -> bytes:
    """Nest groups, which nothing of ours has: at times deeper than a parser goes."""
    number, depth = random.randrange(1, 30), random.choice([1, 10, 150])
    return data + tag(number, 3) * depth + tag(number, 4) * depth


def _many(random: Random, data: bytes) -> bytes:
    """Add very many empty elements of some field."""
    return data + encode_delimited(random.randrange(1, 21), b"") * random.choice([10, 2_000, _MAX_FILL])


def _long(random: Random, data: bytes) -> bytes:
    """Add a field that is long, or says that it is."""
    size = random.choice([100, 70_000, _MAX_FILL, 2**31, 2**63])
    return data + tag(random.randrange(1, 21), 2) + varint(size) + b"a" * min(size, _MAX_FILL)


_WAYS = (_flip, _flip, _flip, _cut, _insert, _twice, _noise, _unknown, _group, _many, _long)
