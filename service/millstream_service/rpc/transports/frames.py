"""Messages in frames, as gRPC and Connect have them: a byte of flags, four bytes of length, and the message.

Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message"
"""

import zlib
from struct import Struct

from google.rpc.code_pb2 import Code

from millstream_service.errors import MessageTooLargeError
from millstream_service.rpc.call import BrokenCallError

HEAD = Struct(">BI")
COMPRESSED = 1
_WINDOW_BITS = {"gzip": 31, "deflate": 15}
ENCODINGS = ("identity", *_WINDOW_BITS)
"""How messages from clients may be compressed."""


def check_encoding(name: str) -> None:
    """Raise BrokenCallError where nothing here undoes this compression."""
    if name not in ENCODINGS:
        raise BrokenCallError(Code.UNIMPLEMENTED, f"messages may be compressed by {' or '.join(_WINDOW_BITS)}")


def frame(message: bytes, flags: int = 0) -> bytes:
    """Return a message in its frame."""
    return HEAD.pack(flags, len(message)) + message


class Deframer:
    """Takes bytes as they come, and gives the messages in them, compressed by one of ENCODINGS.

    A message of more than `max_bytes` is refused as soon as its head is there: nothing of it is kept.
    """

    __slots__ = ("_buffer", "_encoding", "max_bytes")

    def __init__(self, max_bytes: int, encoding: str) -> None:
        self._buffer = bytearray()
        self._encoding = encoding
        self.max_bytes = max_bytes

    def feed(self, data: bytes) -> None:
        """Take more."""
        self._buffer += data

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left of what came."""
        return not self._buffer

    def next(self) -> bytes | None:
        """Return the next message, None where it is not all there. Raises as `decompress` does."""
        buffer = self._buffer
        if len(buffer) < HEAD.size:
            return None
        flags, size = HEAD.unpack_from(buffer)
        if flags & ~COMPRESSED:
            raise BrokenCallError(Code.INVALID_ARGUMENT, "a message has unknown flags")
        if size > self.max_bytes:
            raise MessageTooLargeError("request", self.max_bytes, size)
        end = HEAD.size + size
        if len(buffer) < end:
            return None
        with memoryview(buffer) as view:
            message = bytes(view[HEAD.size : end])
        del buffer[:end]
        return decompress(message, self._encoding, self.max_bytes) if flags & COMPRESSED else message


def decompress(data: bytes, encoding: str, max_bytes: int) -> bytes:
    """Return a compressed message as it was. Raises MessageTooLargeError and BrokenCallError."""
    bits = _WINDOW_BITS.get(encoding)
    if bits is None:
        raise BrokenCallError(Code.INTERNAL, "a message is compressed, and the headers do not say how")
    decompressor = zlib.decompressobj(bits)
    try:
        message = decompressor.decompress(data, max_bytes + 1)
    except zlib.error:
        raise BrokenCallError(Code.INVALID_ARGUMENT, f"a message is no {encoding} data") from None
    if len(message) > max_bytes:
        raise MessageTooLargeError("request", max_bytes, len(message))
    if not decompressor.eof or decompressor.unused_data:
        raise BrokenCallError(Code.INVALID_ARGUMENT, f"a message does not end where its {encoding} data does")
    return message
