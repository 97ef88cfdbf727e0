"""Redis: strings, counters, lists, hashes and sets in memory, over its own protocol."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.kube.servers.setting import Ports, ServerFailed, Setting, port_of
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.sockets import conversation

VERSION = "7.2.5"
_MOST_BYTES = 1 << 20
_WRONG = "WRONGTYPE Operation against a key holding the wrong kind of value"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IDLE = _words(
    """
    appendonly save dir maxmemory maxmemory-policy loglevel protected-mode bind daemonize
    logfile dbfilename timeout tcp-keepalive databases
    """
)


class RedisError(Exception):
    """An error that the client gets."""


class RedisStatus(str):
    """A simple string: ``+OK``."""


@dataclass
class _Memory:
    values: dict[str, Any] = field(default_factory=dict)
    ends: dict[str, float] = field(default_factory=dict)

    def get(self, key: str, kind: type | None = None) -> Any:
        if key in self.ends and unix_time() >= self.ends[key]:
            self.drop(key)
        value = self.values.get(key)
        if value is not None and kind is not None and not isinstance(value, kind):
            raise RedisError(_WRONG)
        return value

    def drop(self, key: str) -> bool:
        self.ends.pop(key, None)
        return self.values.pop(key, None) is not None

    def present(self) -> list[str]:
        return [key for key in list(self.values) if self.get(key) is not None]


def redis(setting: Setting) -> Ports:
    """``redis-server [FILE] [--port N] [--requirepass WORD]``."""
    options = _options(setting)
    port = port_of(options.get("port", "6379"), "redis-server")
    memory = _Memory()
    setting.log("(redis of the pocket lab: a small server of its own, in memory only)")
    idle = sorted(set(options) & _IDLE)
    if idle:
        setting.log(f"(not obeyed by the pocket lab's redis: {', '.join(idle)})")
    setting.log("* Ready to accept connections tcp")

    async def talk(ends: Ends, peer: str) -> None:
        await _Client(memory, options.get("requirepass", "")).talk(ends)

    return {port: conversation(talk)}


def _options(setting: Setting) -> dict[str, str]:
    words = list(setting.argv)
    options: dict[str, str] = {}
    if words and not words[0].startswith("--"):
        content = setting.configuration().read(words.pop(0))
        if content is None:
            raise ServerFailed("*** FATAL CONFIG FILE ERROR ***\nCan't open config file\n")
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            name, _, value = line.strip().partition(" ")
            if name and not name.startswith("#"):
                _keep(options, name, value.strip().strip('"'), f"line {number}")
    while words:
        name = words.pop(0)
        values = []
        while words and not words[0].startswith("--"):
            values.append(words.pop(0))
        _keep(options, name.removeprefix("--"), " ".join(values), name)
    return options


def _keep(options: dict[str, str], name: str, value: str, where: str) -> None:
    if name.lower() not in ("port", "requirepass") and name.lower() not in _IDLE:
        raise ServerFailed(
            f"*** FATAL CONFIG FILE ERROR (the pocket lab's redis) ***\nReading the configuration,"
            f" at {where}\n>>> '{name} {value}'\nBad directive or wrong number of arguments\n"
        )
    options[name.lower()] = value


class _Client:
    def __init__(self, memory: _Memory, password: str) -> None:
        self._memory, self._password = memory, password
        self._known = not password

    async def talk(self, ends: Ends) -> None:
        while True:
            words = await _command(ends)
            if words is None:
                return
            if not words:
                continue
            name = words[0].upper()
            try:
                answer = self._answer(name, words[1:])
            except RedisError as said:
                text = str(said)
                head = "" if text.split(" ", 1)[0].isupper() else "ERR "
                await ends.send(f"-{head}{text}\r\n".encode())
                continue
            await ends.send(_encoded(answer))
            if name == "QUIT":
                return

    def _answer(self, name: str, words: list[str]) -> Any:
        if name == "AUTH":
            if not self._password:
                raise RedisError("ERR AUTH <password> called without any password configured")
            if words[-1:] != [self._password]:
                raise RedisError("WRONGPASS invalid username-password pair or user is disabled.")
            self._known = True
            return RedisStatus("OK")
        if name == "QUIT":
            return RedisStatus("OK")
        if not self._known:
            raise RedisError("NOAUTH Authentication required.")
        command = _COMMANDS.get(name)
        if command is None:
            shown = " ".join(f"'{word}'" for word in words[:3])
            raise RedisError(
                f"ERR unknown command '{name.lower()}', with args beginning with: {shown}"
            )
        least, run = command
        if len(words) < least:
            raise RedisError(f"ERR wrong number of arguments for '{name.lower()}' command")
        return run(self._memory, words)


async def _command(ends: Ends) -> list[str] | None:
    """An array of strings, or a line of words; None at the end."""
    line = await ends.reader.readline()
    if not line:
        return None
    if not line.startswith(b"*"):
        return line.decode(errors="surrogateescape").split()
    words = []
    for _ in range(_number(line)):
        size = _number(await ends.reader.readline())
        data = await ends.reader.readexactly(size + 2)
        words.append(data[:-2].decode(errors="surrogateescape"))
    return words


def _number(line: bytes) -> int:
    text = line[1:].strip()
    if not text.isdigit() or int(text) > _MOST_BYTES:
        raise EOFError
    return int(text)


def _encoded(value: Any) -> bytes:
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, RedisStatus):
        return f"+{value}\r\n".encode()
    if isinstance(value, bool | int):
        return f":{int(value)}\r\n".encode()
    if isinstance(value, str):
        data = value.encode(errors="surrogateescape")
        return b"$%d\r\n%s\r\n" % (len(data), data)
    items = list(value)
    return b"*%d\r\n" % len(items) + b"".join(map(_encoded, items))


def _set(memory: _Memory, words: list[str]) -> Any:
    key, value, *more = words
    options, ends = set[str](), None
    while more:
        name = more.pop(0).upper()
        if name in ("EX", "PX") and more and ends is None:
            ends = unix_time() + _positive(more.pop(0)) * (1.0 if name == "EX" else 0.001)
        elif name in ("NX", "XX"):
            options.add(name)
        else:
            raise RedisError("ERR syntax error")
    if options == {"NX", "XX"}:
        raise RedisError("ERR syntax error")
    if options and (memory.get(key) is None) != ("NX" in options):
        return None
    memory.drop(key)
    memory.values[key] = value
    if ends is not None:
        memory.ends[key] = ends
    return RedisStatus("OK")


def _positive(text: str) -> int:
    if (number := _whole(text)) <= 0:
        raise RedisError("ERR invalid expire time in 'set' command")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise RedisError("ERR value is not an integer or out of range") from None


def _add(memory: _Memory, key: str, number: int) -> int:
    value = _whole(memory.get(key, str) or "0") + number
    memory.values[key] = str(value)
    return value


def _push(left: bool) -> Callable[[_Memory, list[str]], int]:
    def run(memory: _Memory, words: list[str]) -> int:
        held = memory.get(words[0], list)
        if held is None:
            held = memory.values[words[0]] = []
        for word in words[1:]:
            held.insert(0, word) if left else held.append(word)
        return len(held)

    return run


def _pop(left: bool) -> Callable[[_Memory, list[str]], str | None]:
    def run(memory: _Memory, words: list[str]) -> str | None:
        held = memory.get(words[0], list)
        if not held:
            return None
        value = str(held.pop(0 if left else -1))
        if not held:
            memory.drop(words[0])
        return value

    return run


def _range(memory: _Memory, words: list[str]) -> list[str]:
    held = memory.get(words[0], list) or []
    first, last = _whole(words[1]), _whole(words[2])
    size = len(held)
    first = max(size + first, 0) if first < 0 else first
    last = size + last if last < 0 else last
    return list(held[first : max(last + 1, 0)])


def _texts(memory: _Memory, words: list[str]) -> list[str | None]:
    found = [memory.get(key) for key in words]
    return [value if isinstance(value, str) else None for value in found]


def _delete(memory: _Memory, words: list[str]) -> int:
    return sum(memory.get(key) is not None and memory.drop(key) for key in words)


def _hash(memory: _Memory, words: list[str]) -> int:
    if len(words) % 2 == 0:
        raise RedisError("ERR wrong number of arguments for 'hset' command")
    held = memory.get(words[0], dict)
    if held is None:
        held = memory.values[words[0]] = {}
    pairs = dict(zip(words[1::2], words[2::2], strict=False))
    new = len(set(pairs) - set(held))
    held.update(pairs)
    return new


def _members(memory: _Memory, words: list[str]) -> int:
    held = memory.get(words[0], set)
    if held is None:
        held = memory.values[words[0]] = set()
    new = set(words[1:]) - held
    held |= new
    return len(new)


def _expire(memory: _Memory, words: list[str]) -> int:
    if memory.get(words[0]) is None:
        return 0
    memory.ends[words[0]] = unix_time() + _whole(words[1])
    return 1


def _left(memory: _Memory, words: list[str]) -> int:
    if memory.get(words[0]) is None:
        return -2
    return round(memory.ends[words[0]] - unix_time()) if words[0] in memory.ends else -1


def _kind(memory: _Memory, words: list[str]) -> RedisStatus:
    kinds = {"str": "string", "list": "list", "dict": "hash", "set": "set"}
    value = memory.get(words[0])
    return RedisStatus("none" if value is None else kinds[type(value).__name__])


def _flush(memory: _Memory, words: list[str]) -> RedisStatus:
    memory.values.clear()
    memory.ends.clear()
    return RedisStatus("OK")


def _info(memory: _Memory, words: list[str]) -> str:
    return (
        f"# Server\r\nredis_version:{VERSION}\r\nredis_mode:standalone\r\n"
        f"# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"
        f"# Keyspace\r\ndb0:keys={len(memory.present())},expires={len(memory.ends)},avg_ttl=0\r\n"
    )


def _select(memory: _Memory, words: list[str]) -> RedisStatus:
    if words[0] != "0":
        raise RedisError("ERR DB index is out of range (the pocket lab's redis has one)")
    return RedisStatus("OK")


_COMMANDS: dict[str, tuple[int, Callable[[_Memory, list[str]], Any]]] = {
    "PING": (0, lambda m, w: w[0] if w else RedisStatus("PONG")),
    "ECHO": (1, lambda m, w: w[0]),
    "SET": (2, _set),
    "GET": (1, lambda m, w: m.get(w[0], str)),
    "MGET": (1, _texts),
    "DEL": (1, _delete),
    "EXISTS": (1, lambda m, w: sum(m.get(key) is not None for key in w)),
    "KEYS": (1, lambda m, w: [key for key in m.present() if fnmatch.fnmatchcase(key, w[0])]),
    "TYPE": (1, _kind),
    "INCR": (1, lambda m, w: _add(m, w[0], 1)),
    "DECR": (1, lambda m, w: _add(m, w[0], -1)),
    "INCRBY": (2, lambda m, w: _add(m, w[0], _whole(w[1]))),
    "DECRBY": (2, lambda m, w: _add(m, w[0], -_whole(w[1]))),
    "EXPIRE": (2, _expire),
    "TTL": (1, _left),
    "LPUSH": (2, _push(True)),
    "RPUSH": (2, _push(False)),
    "LPOP": (1, _pop(True)),
    "RPOP": (1, _pop(False)),
    "LRANGE": (3, _range),
    "LLEN": (1, lambda m, w: len(m.get(w[0], list) or [])),
    "HSET": (3, _hash),
    "HGET": (2, lambda m, w: (m.get(w[0], dict) or {}).get(w[1])),
    "HGETALL": (1, lambda m, w: [x for pair in (m.get(w[0], dict) or {}).items() for x in pair]),
    "SADD": (2, _members),
    "SMEMBERS": (1, lambda m, w: sorted(m.get(w[0], set) or ())),
    "SCARD": (1, lambda m, w: len(m.get(w[0], set) or ())),
    "DBSIZE": (0, lambda m, w: len(m.present())),
    "FLUSHALL": (0, _flush),
    "FLUSHDB": (0, _flush),
    "INFO": (0, _info),
    "SELECT": (1, _select),
}
