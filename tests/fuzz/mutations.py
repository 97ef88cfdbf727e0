"""Requests that nobody means well: valid ones, changed by a seeded random generator."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote


def deep(levels: int, kind: str = "list") -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value] if kind == "list" else {"a": value}
    return value


HOSTILE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63) - 1,
    2**70,
    10**400,
    0.5,
    1e308,
    "",
    " ",
    "a",
    "1",
    "-1",
    "1e9999",
    "\x00",
    "\ud800",
    "a\ud800b",
    "\u202e",
    "é" * 300,
    "x" * 70_000,
    "../../etc",
    "%s%n",
    "'; DROP TABLE kube_objects; --",
    "{{ 7 * 7 }}",
    "-oProxyCommand=x",
    "9" * 400,
    "1e999999999",
    "1" * 70_000 + "!",
    "a." * 35_000 + "!",
    "a-" * 35_000 + "!",
    "a/" * 35_000,
    "a=b," * 20_000,
    "*" * 5_000 + "/5",
    "1," * 30_000,
    "$(" * 20_000,
    "${" * 20_000,
    "." * 70_000,
    " " * 70_000 + "!",
    "%" * 70_000,
    "\n" * 70_000,
    "2020-99-99T99:99:99Z",
    "10Gi",
    [],
    [None],
    [[]],
    [1, "a", {}],
    {},
    {"": ""},
    {"a": None},
    {"\ud800": "\ud800"},
    {"key": {}, "value": []},
    {"name": {}},
    {"$patch": "delete"},
    {"$patch": 7},
    {"$ref": "#"},
    deep(150),
    deep(150, "object"),
    deep(3000),
    deep(3000, "object"),
)
BODIES: tuple[bytes, ...] = (
    b"",
    b" ",
    b"null",
    b"[]",
    b"{}",
    b"1",
    b'"text"',
    b"true",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"9" * 5000,
    b"{",
    b'{"a":',
    b'{"a":1}{"a":2}',
    b'\xff\xfe{"a":1}',
    b"\x00" * 100,
    b'{"metadata": null}',
    b'{"metadata": []}',
    b'{"metadata": {"name": 1}}',
    b'{"kind": "\\ud800"}',
    b'{"a": 1, "a": 2}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"a: &a [*a, *a]",
    b"a: &a {b: *a}",
    b"x: &x [1,1,1,1,1,1,1,1]\n"
    + b"".join(
        b"x%d: &x%d [*x%s, *x%s]\n" % (n, n, p, p)
        for n, p in ((n, b"" if n == 1 else b"%d" % (n - 1)) for n in range(1, 28))
    ),
    b"? [a]\n: b",
    b"a: !!binary aaaa",
    b"a: !!timestamp 2020-99-99",
    b"a: !!python/object:os.system x",
    b"a: 0x" + b"f" * 6000,
    b"a: .inf",
    b"1: {2: {null: 3}}",
    b"k8s\x00",
    b"k8s\x00\x0a\x0a\x0a\x02v1\x12\x04Pod\x12",
    b"k8s\x00" + b"\xff" * 50,
    b"x" * (4 << 20),
)


@dataclass(frozen=True)
class Request:
    """One request, before or after it was changed."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    raw: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def url(self) -> str:
        query = "&".join(
            f"{quote(name, safe='', errors='replace')}={quote(value, safe='', errors='replace')}"
            for name, value in self.query
        )
        return f"{self.path}?{query}" if query else self.path

    def content(self) -> bytes | None:
        if self.raw is not None or self.body is None:
            return self.raw
        return encoded(self.body)

    def curl(self) -> str:
        """To be read by people."""
        body = self.content() or b""
        return f"{self.method} {self.url()[:300]} {dict(self.headers)} {body[:400]!r} ({len(body)})"


def encoded(value: Any) -> bytes:
    """JSON, of any depth and with numbers of any length: Python's own writer has limits."""
    try:
        return json.dumps(value).encode()
    except (RecursionError, ValueError):
        pass
    if isinstance(value, dict):
        return (
            b"{"
            + b",".join(json.dumps(k).encode() + b":" + _one(v) for k, v in value.items())
            + b"}"
        )
    return b"[" + b",".join(_one(v) for v in value) + b"]"


def _one(value: Any) -> bytes:
    """A chain of single items without recursion; anything else with it."""
    start, end = b"", b""
    while True:
        if isinstance(value, list) and len(value) == 1:
            start, end, value = start + b"[", b"]" + end, value[0]
        elif isinstance(value, dict) and len(value) == 1:
            ((key, inner),) = value.items()
            start, end, value = start + json.dumps(key).encode() + b":", end, inner
            start = start[: -len(json.dumps(key)) - 1] + b"{" + json.dumps(key).encode() + b":"
            end = b"}" + end
        else:
            return start + encoded(value) + end


class Mutator:
    """Changes requests; the same seed makes the same changes."""

    def __init__(self, seed: int, methods: tuple[str, ...], queries: dict[str, tuple[str, ...]]):
        self.random = random.Random(seed)
        self._methods, self._queries = methods, queries

    def __call__(self, request: Request) -> Request:
        """One to three changes; mostly of the body, where most of the meaning is."""
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            kinds: tuple[str, ...] = ("value",) * 12 + ("drop",) * 3 + ("add",) * 3
            kinds += ("bytes", "body", "type", "method", "path", "query", "query", "headers")
            request = getattr(self, f"_{self.random.choice(kinds)}")(request)
        return request

    def _value(self, request: Request) -> Request:
        return self._at(request, lambda place, key: place.__setitem__(key, self._hostile()))

    def _drop(self, request: Request) -> Request:
        return self._at(request, lambda place, key: place.__delitem__(key))

    def _add(self, request: Request) -> Request:
        def add(place: Any, key: Any) -> None:
            if isinstance(place, list):
                place.insert(key, self._hostile())
            else:
                place[self.random.choice(("", "x", "\ud800", "kind", "spec", "$patch"))] = 1

        return self._at(request, add)

    def _hostile(self) -> Any:
        return self.random.choice(HOSTILE)

    def _at(self, request: Request, change: Any) -> Request:
        if request.raw is not None and self.random.random() < 0.8:
            return self._bytes(request)
        if not isinstance(request.body, dict | list) or not request.body:
            return self._body(request)
        if not _shallow(request.body):
            return self._bytes(request)
        body = copy.deepcopy(request.body)
        places = list(_places(body))
        if places:
            change(*self.random.choice(places))
        return replace(request, body=body, raw=None)

    def _bytes(self, request: Request) -> Request:
        content = bytearray(request.content() or b"{}")
        for _ in range(self.random.randint(1, 4)):
            if content:
                at = self.random.randrange(len(content))
                content[at : at + self.random.randint(0, 3)] = self.random.randbytes(
                    self.random.randint(0, 3)
                )
        return replace(request, raw=bytes(content))

    def _body(self, request: Request) -> Request:
        return replace(request, raw=self.random.choice(BODIES))

    def _type(self, request: Request) -> Request:
        kinds = (
            "application/json",
            "application/yaml",
            "application/apply-patch+yaml",
            "application/merge-patch+json",
            "application/strategic-merge-patch+json",
            "application/json-patch+json",
            "application/vnd.kubernetes.protobuf",
            "application/x-www-form-urlencoded",
            "text/plain",
            "\xff/;",
            "",
        )
        others = tuple(h for h in request.headers if h[0] != "content-type")
        kind = self.random.choice(kinds)
        return replace(request, headers=(*others, ("content-type", kind)))

    def _method(self, request: Request) -> Request:
        return replace(request, method=self.random.choice(self._methods))

    def _path(self, request: Request) -> Request:
        words = request.path.split("/")
        at = self.random.randrange(1, len(words))
        odd = ("", "..", "%00", "%ED%A0%80", "%FF", "a" * 300, "A B", "_", "*", "x%2Fy", "status")
        words[at] = self.random.choice((*odd, words[self.random.randrange(len(words))]))
        return replace(request, path="/".join(words))

    def _query(self, request: Request) -> Request:
        name = self.random.choice(tuple(self._queries))
        odd = ("", "-1", "0", "1", "true", "x", "9" * 30, "\x00", "=,=", "a in (", "!", "a=b,c!=d")
        value = self.random.choice((*odd, *self._queries[name]))
        return replace(request, query=(*request.query, (name, value)))

    def _headers(self, request: Request) -> Request:
        odd = (
            ("accept", "application/json;as=Table;v=v1;g=meta.k8s.io"),
            ("accept", "\xff"),
            ("authorization", "Bearer a.b.c"),
            ("authorization", "Basic \xff"),
            ("authorization", "Basic " + "QQ==" * 3),
            ("user-agent", "\xff" * 10),
            ("x-request-id", "\xe9"),
            ("impersonate-user", "\xff"),
            ("content-length", "5"),
            ("host", "evil.example"),
        )
        return replace(request, headers=(*request.headers, self.random.choice(odd)))


def _shallow(value: Any, left: int = 200) -> bool:
    if not left:
        return False
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(_shallow(item, left - 1) for item in inner)


def _places(value: Any, left: int = 60) -> Any:
    """Every (container, key) within."""
    if not left:
        return
    items = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    for key, inner in items:
        yield value, key
        yield from _places(inner, left - 1)
