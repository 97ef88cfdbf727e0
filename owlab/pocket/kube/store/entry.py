"""One version of one object: as data that readers share, and as the bytes that clients get."""

from __future__ import annotations

import marshal
from typing import Any, TypeVar

import orjson

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import BadRequest

T = TypeVar("T")


class Entry:
    """An object as it was stored. Nobody changes it: it is shared by all who read.

    Made once for each write. The JSON is what the database keeps and what watchers and lists
    send, so that an object is never packed twice.
    """

    __slots__ = ("_obj", "packed")

    def __init__(self, packed: bytes, obj: Object | None = None) -> None:
        self.packed = packed
        self._obj = obj

    @classmethod
    def of(cls, obj: Object) -> Entry:
        """An entry that shares nothing with ``obj``; raises BadRequest for what is no JSON."""
        packed = pack(obj)
        return cls(packed, orjson.loads(packed))

    @property
    def obj(self) -> Object:
        """The object; to be read only."""
        if self._obj is None:
            self._obj = orjson.loads(self.packed)
        return self._obj

    def intact(self) -> bool:
        """Whether the shared object is still what was stored; for tests."""
        return self._obj is None or bool(self._obj == orjson.loads(self.packed))


class ColdEntry(Entry):
    """An object that is seldom read: only its bytes are kept, and each reader gets data anew."""

    __slots__ = ()

    @property
    def obj(self) -> Object:
        """The object, as data of the reader's own."""
        data: Object = orjson.loads(self.packed)
        return data


def pack(data: object) -> bytes:
    """JSON, as short as it can be written, in no more memory than that.

    orjson returns bytes in a buffer of 4 KB or more, which goes on existing as long as they do.
    """
    try:
        return bytes(memoryview(orjson.dumps(data)))
    except (TypeError, ValueError) as error:  # surrogates, numbers beyond 64 bits, odd keys
        raise BadRequest(f"the object cannot be written as JSON: {error}") from None


def copied(obj: T) -> T:
    """A copy that shares nothing with ``obj``. JSON only: a tenth of ``copy.deepcopy``'s time."""
    json_data: Any = obj
    copy: T = marshal.loads(marshal.dumps(json_data))
    return copy
