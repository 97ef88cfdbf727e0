"""What known images run, what is mounted over them, and how long their ``sleep`` takes."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from bashkit import CommandContext

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.known import KnownImage, known
from owlab.pocket.kube.containers.sleep import sleep

PLAIN = KnownImage(("redis-server",))
TOLD = KnownImage(("pause",), entry=("/agnhost",))
STRICT = KnownImage(("run", "now"), bare=False)


@pytest.mark.parametrize(
    ("image", "container", "words"),
    [
        (PLAIN, {}, ["redis-server"]),
        (PLAIN, {"args": ["--port", "1"]}, ["redis-server", "--port", "1"]),
        (PLAIN, {"args": ["sh"]}, ["sh"]),
        (PLAIN, {"command": ["a"], "args": ["-b"]}, ["a", "-b"]),
        (PLAIN, {"command": ["a"]}, ["a"]),
        (TOLD, {}, ["/agnhost", "pause"]),
        (TOLD, {"args": ["netexec"]}, ["/agnhost", "netexec"]),
        (TOLD, {"command": ["sh"]}, ["sh"]),
        (STRICT, {}, ["run", "now"]),
        (STRICT, {"args": ["-x"]}, ["-x"]),
    ],
)
def test_what_a_container_runs(image: KnownImage, container: Object, words: list[str]) -> None:
    assert image.words(container) == words


@pytest.mark.parametrize(
    ("image", "words", "programs", "without"),
    [
        ("nginx", ["nginx", "-g", "daemon off;"], {"nginx", "curl"}, {"wget", "ping"}),
        ("nginx:1.27-alpine", ["nginx", "-g", "daemon off;"], {"nginx", "wget"}, {"httpd"}),
        ("redis:7", ["redis-server"], {"redis-cli"}, {"wget"}),
        ("busybox", ["sh"], {"wget", "httpd", "nc"}, {"curl", "dig"}),
        ("nicolaka/netshoot", ["sh"], {"curl", "dig", "ping"}, {"nginx"}),
        ("ubuntu", ["sh"], {"getent"}, {"curl", "wget"}),
    ],
)
def test_what_images_bring(
    image: str, words: list[str], programs: set[str], without: set[str]
) -> None:
    found = known({"image": image})
    assert found is not None and found.words({}) == words
    assert programs <= set(found.programs) and not without & set(found.programs)


@pytest.mark.parametrize("image", ["busybox", "alpine:3", "ubuntu", "debian", "bash"])
def test_images_without_a_program_of_their_own_start_the_first_word(image: str) -> None:
    found = known({"image": image})
    assert found is not None and found.words({"args": ["-x"]}) == ["-x"]
    assert known({"image": "example.com/mine"}) is None


@pytest.mark.parametrize(
    ("paths", "covered"),
    [
        ([], False),
        (["/etc/nginx"], True),
        (["/etc"], True),
        (["/etc/nginx/conf.d/"], True),
        (["/etc/nginx/nginx.conf"], True),
        (["/etc/nginxx"], False),
        (["/data"], False),
        (["/data", "/usr/share"], True),
    ],
)
def test_what_is_mounted_over_an_image(paths: list[str], covered: bool) -> None:
    image = KnownImage(files={"/etc/nginx/nginx.conf": b"", "/usr/share/html/index.html": b""})
    mounts = [{"name": "v", "mountPath": path} for path in paths]
    assert image.is_covered({"volumeMounts": mounts}) is covered


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        (["5"], 5),
        (["0.5"], 0.5),
        (["2s"], 2),
        (["3m"], 180),
        (["2h"], 7200),
        (["1d"], 86400),
        (["1m", "30"], 90),
        (["0"], 0),
        ([], "missing operand"),
        (["x"], "invalid time interval 'x'"),
        (["5x"], "invalid time interval '5x'"),
        (["s"], "invalid time interval 's'"),
        (["-1"], "invalid time interval '-1'"),
        (["nan"], "invalid time interval 'nan'"),
        (["1", "y"], "invalid time interval 'y'"),
    ],
)
async def test_how_long_sleep_takes(
    monkeypatch: pytest.MonkeyPatch, words: list[str], seconds: float | str
) -> None:
    waited, said = list[float](), list[bytes]()

    async def wait(length: float) -> None:
        waited.append(length)

    async def write(text: bytes) -> None:
        said.append(text)

    monkeypatch.setattr(asyncio, "sleep", wait)
    context: Any = SimpleNamespace(argv=words, stderr=SimpleNamespace(write=write))
    status = await sleep(cast(CommandContext, context))
    if isinstance(seconds, str):
        assert (status, said, waited) == (1, [f"sleep: {seconds}\n".encode()], [])
    else:
        assert (status, said, sum(waited)) == (0, [], seconds)
        assert max(waited, default=0) <= 3600
