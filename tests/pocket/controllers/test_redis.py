"""Redis' commands one by one, as redis-cli shows them, and how its server is started."""

from __future__ import annotations

import shlex

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.tools.redis_cli import redis_cli
from owlab.pocket.kube.servers.redis import redis
from owlab.pocket.kube.servers.setting import ImageFiles, ServerFailed, Setting
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.sockets import Listening

from ..programs.network_console import TestNet, typed

POD: Object = {"metadata": {"name": "db"}, "spec": {}, "status": {"podIP": "10.42.0.9"}}


def started(*words: str, **files: bytes) -> tuple[TestNet, list[str]]:
    """A network with this server at ``web``, and what it has logged."""
    net, logged = TestNet(), list[str]()
    view = ImageFiles({f"/{name}.conf": content for name, content in files.items()})
    setting = Setting(list(words), {}, POD, "/", logged.append, lambda: view, net.dial)
    for port, serve in redis(setting).items():
        net.sockets.listen("here", Listening(port, "redis", serve))
    return net, logged


async def said(net: TestNet, *lines: str, port: int = 6379) -> list[str]:
    """What each line is answered, over Redis' own protocol."""
    ends = await net.dial("web", port)
    found = []
    for line in lines:
        words = [word.encode() for word in shlex.split(line)]
        await ends.send(b"*%d\r\n" % len(words))
        await ends.send(b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        found += await answer(ends)
    ends.close()
    return found


async def answer(ends: Ends) -> list[str]:
    """As redis-cli shows it at a terminal."""
    line = (await ends.reader.readline()).decode().rstrip("\r\n")
    kind, rest = line[0], line[1:]
    if kind == "$" and rest != "-1":
        return [f'"{(await ends.reader.readexactly(int(rest) + 2)).decode()[:-2]}"']
    if kind == "*" and rest != "0":
        items = [await answer(ends) for _ in range(int(rest))]
        return [f"{number}) {text}" for number, [text] in enumerate(items, 1)]
    return [{"+": rest, "-": f"(error) {rest}", ":": f"(integer) {rest}"}.get(kind, _NONE[kind])]


_NONE = dict.fromkeys("+-:", "") | {"$": "(nil)", "*": "(empty array)"}


WRONG = "(error) WRONGTYPE Operation against a key holding the wrong kind of value"
ONE = " (the pocket lab's redis has one)"
SYNTAX = "(error) ERR syntax error"
NO_NUMBER = "(error) ERR value is not an integer or out of range"


@pytest.mark.parametrize(
    ("lines", "answers"),
    [
        (["ping", "PING hello", "ECHO a"], ["PONG", '"hello"', '"a"']),
        (["GET a", "SET a 1", "get a"], ["(nil)", "OK", '"1"']),
        (["SET a 1 NX", "SET a 2 NX", "GET a"], ["OK", "(nil)", '"1"']),
        (["SET a 1 xx", "SET a 1", "SET a 2 XX", "GET a"], ["(nil)", "OK", "OK", '"2"']),
        (
            ["SET a 1 EX 100", "TTL a", "SET a 2", "TTL a"],
            ["OK", 100, "OK", -1],
        ),
        (["SET a 1 PX 100000", "TTL a"], ["OK", 100]),
        (["SET a 1 NX EX 10", "TTL a"], ["OK", 10]),
        (["SET a 1 LATER", "GET a"], [SYNTAX, "(nil)"]),
        (["SET a 1 EX", "SET a 1 NX XX", "GET a"], [SYNTAX, SYNTAX, "(nil)"]),
        (["SET a 1 EX soon", "GET a"], [NO_NUMBER, "(nil)"]),
        (["SET a 1 EX 0"], ["(error) ERR invalid expire time in 'set' command"]),
        (["SET a 1", "SET b 2", "MGET a c b"], ["OK", "OK", '1) "1"', "2) (nil)", '3) "2"']),
        (["LPUSH l 1", "MGET l"], [1, "1) (nil)"]),
        (["SET a 1", "DEL a b", "EXISTS a"], ["OK", 1, 0]),
        (["SET a 1", "EXISTS a b a"], ["OK", 2]),
        (
            ["INCR a", "INCR a", "DECR a", "GET a"],
            [1, 2, 1, '"1"'],
        ),
        (["INCRBY a 5", "DECRBY a 7"], [5, -2]),
        (["SET a x", "INCR a", "INCRBY b x"], ["OK", NO_NUMBER, NO_NUMBER]),
        (["RPUSH l a b", "LPUSH l c", "LLEN l"], [2, 3, 3]),
        (["RPUSH l a b c", "LRANGE l 0 -1"], [3, '1) "a"', '2) "b"', '3) "c"']),
        (["RPUSH l a b c", "LRANGE l 1 1", "LRANGE l -2 -2"], [3, '1) "b"', '1) "b"']),
        (["RPUSH l a b c", "LRANGE l -9 0"], [3, '1) "a"']),
        (["RPUSH l a b c", "LRANGE l 0 -5"], [3, "(empty array)"]),
        (["LRANGE l 0 -1", "LLEN l", "LPOP l"], ["(empty array)", 0, "(nil)"]),
        (
            ["RPUSH l a b", "LPOP l", "RPOP l", "EXISTS l"],
            [2, '"a"', '"b"', 0],
        ),
        (["HSET h a 1 b 2", "HSET h b 3 c 4", "HGET h b"], [2, 1, '"3"']),
        (["HSET h a 1", "HGETALL h", "HGET h x"], [1, '1) "a"', '2) "1"', "(nil)"]),
        (["HSET h a 1 b"], ["(error) ERR wrong number of arguments for 'hset' command"]),
        (["HGETALL h", "HGET h a"], ["(empty array)", "(nil)"]),
        (["SADD s b a b", "SADD s a c", "SCARD s"], [2, 1, 3]),
        (["SADD s b a", "SMEMBERS s"], [2, '1) "a"', '2) "b"']),
        (["SET a 1", "LPUSH a 1", "SADD a 1", "HSET a 1 2"], ["OK", WRONG, WRONG, WRONG]),
        (["SADD s a", "GET s", "INCR s", "LRANGE s 0 1"], [1, WRONG, WRONG, WRONG]),
        (["TYPE a", "SET a 1", "TYPE a"], ["none", "OK", "string"]),
        (
            ["SADD s a", "TYPE s", "LPUSH l a", "TYPE l"],
            [1, "set", 1, "list"],
        ),
        (["HSET h a 1", "TYPE h"], [1, "hash"]),
        (["SET ab 1", "SET b 1", "KEYS a*", "DBSIZE"], ["OK", "OK", '1) "ab"', 2]),
        (
            ["EXPIRE a 9", "SET a 1", "EXPIRE a 9", "TTL a"],
            [0, "OK", 1, 9],
        ),
        (
            ["SET a 1", "EXPIRE a -1", "GET a", "TTL a"],
            ["OK", 1, "(nil)", -2],
        ),
        (
            ["SET a 1", "EXPIRE a -1", "DEL a", "DBSIZE"],
            ["OK", 1, 0, 0],
        ),
        (["SET a 1", "FLUSHALL", "DBSIZE"], ["OK", "OK", 0]),
        (["SET a 1 EX 9", "FLUSHDB", "SET a 1", "TTL a"], ["OK", "OK", "OK", -1]),
        (
            ["SELECT 0", "SELECT 1"],
            ["OK", "(error) ERR DB index is out of range" + ONE],
        ),
        (["GET"], ["(error) ERR wrong number of arguments for 'get' command"]),
        (["SET a"], ["(error) ERR wrong number of arguments for 'set' command"]),
        (
            ["ZADD z 1 a"],
            ["(error) ERR unknown command 'zadd', with args beginning with: 'z' '1' 'a'"],
        ),
        (["AUTH x"], ["(error) ERR AUTH <password> called without any password configured"]),
        (["SET a 'b c'", "GET a", "QUIT"], ["OK", '"b c"', "OK"]),
    ],
)
async def test_commands(lines, answers) -> None:
    net, _ = started()
    wanted = [f"(integer) {one}" if isinstance(one, int) else one for one in answers]
    assert await said(net, *lines) == wanted


async def test_what_it_tells_of_itself() -> None:
    net, _ = started()
    lines = await said(net, "SET a 1 EX 9", "SET b 1", "INFO")
    assert "db0:keys=2,expires=1,avg_ttl=0" in "".join(lines)


async def test_what_one_client_keeps_another_gets() -> None:
    net, logged = started("--port", "7000")
    assert await said(net, "SET a 1", port=7000) == ["OK"]
    assert await said(net, "GET a", port=7000) == ['"1"']
    assert logged == [
        "(redis of the pocket lab: a small server of its own, in memory only)",
        "* Ready to accept connections tcp",
    ]


async def test_a_password() -> None:
    net, _ = started("--requirepass", "secret")
    needed = "(error) NOAUTH Authentication required."
    wrong = "(error) WRONGPASS invalid username-password pair or user is disabled."
    assert await said(net, "GET a", "AUTH other", "AUTH secret", "GET a") == [
        needed,
        wrong,
        "OK",
        "(nil)",
    ]
    assert await said(net, "GET a") == [needed], "each connection says it"
    assert await said(net, "AUTH default secret", "GET a") == ["OK", "(nil)"]
    found = await typed(redis_cli, net, "-h", "web", "-a", "secret", "SET", "a", "1")
    assert (found.status, found.out) == (0, "OK\n")


async def test_a_file_of_configuration() -> None:
    text = b'# of mine\n\nport 7000\nrequirepass "secret"\nappendonly yes\n'
    net, logged = started("/own.conf", "--maxmemory", "1mb", own=text)
    assert await said(net, "AUTH secret", "GET a", port=7000) == ["OK", "(nil)"]
    assert logged[1] == "(not obeyed by the pocket lab's redis: appendonly, maxmemory)"


@pytest.mark.parametrize(
    ("words", "text", "why"),
    [
        (["/none.conf"], b"", "Can't open config file"),
        (["/own.conf"], b"port 1\nclustered yes\n", "at line 2\n>>> 'clustered yes'"),
        (["--clustered", "yes", "please"], b"", "at --clustered\n>>> 'clustered yes please'"),
        (["--port", "0"], b"", "redis-server: invalid port: 0"),
        (["--port", "65536"], b"", "redis-server: invalid port: 65536"),
    ],
)
def test_what_it_does_not_start_with(words, text, why):
    with pytest.raises(ServerFailed) as error:
        started(*words, own=text)
    assert why in error.value.text


@pytest.mark.parametrize(
    ("words", "status", "err"),
    [
        (
            ["-h", "web", "-p", "1", "PING"],
            1,
            "Could not connect to Redis at web:1: Connection",
        ),
        (["-h", "none", "PING"], 1, "Could not connect to Redis at none:6379: Name or service not"),
        (["-p", "x"], 1, "Invalid server port.\n"),
        (["-z"], 1, "Unrecognized option or bad number of args for: '-z'\n"),
    ],
)
async def test_redis_cli_that_reaches_nobody(words, status, err) -> None:
    found = await typed(redis_cli, TestNet(), *words)
    assert found.status == status and found.err.startswith(err)
