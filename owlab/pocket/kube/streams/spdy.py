"""SPDY/3.1 frames, in which kubectl carries connections to ports and the streams of commands."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY = 1, 2, 3, 6, 7
DATA = 0
FIN = 1
_VERSION = 3
_MOST = 1 << 24
_MOST_HEADERS = 1 << 16

_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language "
    "accept-ranges age allow authorization cache-control connection content-base content-encoding "
    "content-language content-length content-location content-md5 content-range content-type date "
    "etag expect expires from host if-match if-modified-since if-none-match if-range "
    "if-unmodified-since last-modified location max-forwards pragma proxy-authenticate "
    "proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
    "user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url "
    "public set-cookie keep-alive origin"
)
_TEXT = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request"
    "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented"
    "503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, "
    "Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,"
    "application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdch"
    "charset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = (
    b"".join(
        struct.pack(">I", len(word)) + word.replace("_", " ").encode() for word in _WORDS.split()
    )
    + _TEXT.encode()
)
"""What both sides' compression begins with, by the protocol."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: what it is, of which stream, and what it says."""

    kind: int
    stream: int
    flags: int
    data: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ends(self) -> bool:
        """Its sender sends no more on this stream."""
        return bool(self.flags & FIN)


class Framing:
    """Reads and writes the frames of one connection, whose header compression goes on and on."""

    def __init__(self) -> None:
        self._rest = b""
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def read(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete; raises ValueError for what is not SPDY."""
        self._rest += data
        while len(self._rest) >= 8:
            first, second = struct.unpack(">II", self._rest[:8])
            length = second & (_MOST - 1)
            if len(self._rest) < 8 + length:
                return
            payload, self._rest = self._rest[8 : 8 + length], self._rest[8 + length :]
            if not first >> 31:
                yield Frame(DATA, first, second >> 24, payload)
            elif first >> 16 != 0x8000 | _VERSION:
                raise ValueError("the frame is not of SPDY/3.1")
            else:
                yield self._control(first & 0xFFFF, second >> 24, payload)

    def _control(self, kind: int, flags: int, payload: bytes) -> Frame:
        stream = struct.unpack(">I", payload[:4])[0] & 0x7FFFFFFF if len(payload) >= 4 else 0
        headers = self._headers(payload[10:]) if kind == SYN_STREAM else {}
        return Frame(kind, stream, flags, payload, headers)

    def _headers(self, block: bytes) -> dict[str, str]:
        try:
            plain = self._inflate.decompress(block, _MOST_HEADERS)
        except zlib.error as error:
            raise ValueError(f"the headers of a frame cannot be read: {error}") from None
        if self._inflate.unconsumed_tail:
            raise ValueError("the headers of a frame are too long")
        words, at = [], 4
        while at + 4 <= len(plain):
            length = struct.unpack(">I", plain[at : at + 4])[0]
            words.append(plain[at + 4 : at + 4 + length].decode("latin-1"))
            at += 4 + length
        return dict(zip(words[::2], words[1::2], strict=False))

    def reply(self, stream: int) -> bytes:
        """A stream is accepted; nothing more is said of it."""
        block = self._deflate.compress(struct.pack(">I", 0))
        block += self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _control(SYN_REPLY, struct.pack(">I", stream) + block)


def data(stream: int, content: bytes, last: bool = False) -> bytes:
    """A frame of data."""
    return struct.pack(">II", stream, (FIN if last else 0) << 24 | len(content)) + content


def ping(frame: Frame) -> bytes:
    """The answer to a ping: the same again."""
    return _control(PING, frame.data)


def goaway() -> bytes:
    """No more streams are served."""
    return _control(GOAWAY, struct.pack(">II", 0, 0))


def _control(kind: int, payload: bytes) -> bytes:
    return struct.pack(">HHI", 0x8000 | _VERSION, kind, len(payload)) + payload
