"""`wget -c` goes on with a part, `-N` leaves what is no newer; the words are GNU Wget 1.21's."""

from __future__ import annotations

import pytest

from owlab.pocket.kube.containers.serving import FilesView
from owlab.pocket.kube.servers.plain_files import busybox_httpd, python_http_server
from owlab.pocket.kube.servers.setting import Setting
from owlab.pocket.machines.machine import Machine
from owlab.pocket.network.sockets import Listening
from owlab.pocket.programs.base import Call
from tests.pocket.programs.conftest import Type
from tests.pocket.programs.network_console import TestNet

DONE = "The file is already fully retrieved; nothing to do."
OMITTED = "File ‘f’ not modified on server. Omitting download."
NO_PART = "Requested Range Not Satisfiable"
MISSING = "Last-modified header missing -- time-stamps turned off."


@pytest.fixture(autouse=True)
async def net(master: Machine, on: Type, monkeypatch: pytest.MonkeyPatch) -> TestNet:
    """At `web`: busybox' httpd, which knows parts, and on port 81 Python's, which does not."""
    await on("master", "mkdir /tmp/s; cd /tmp/s; seq 1000 > f; touch -d '2024-01-02 UTC' f")
    made = TestNet()
    for port, server, words in (
        (80, busybox_httpd, ["-f", "-h", "/tmp/s"]),
        (81, python_http_server, ["-m", "http.server", "81", "-d", "/tmp/s"]),
    ):
        setting = Setting(words, {}, {}, "/", print, lambda: FilesView(master.files), made.dial)
        made.sockets.listen("here", Listening(port, "test", server(setting)[port]))
    monkeypatch.setattr(Call, "net", made)
    return made


@pytest.mark.parametrize(
    ("script", "said", "unsaid"),
    [
        ("wget web/f", "200 OK", DONE),
        ("cp ../s/f .; wget -c web/f", f"416 {NO_PART}\n\n    {DONE}\n\n", "saved"),
        ("cp ../s/f .; wget -c web:81/f", f"200 OK\n\n    {DONE}\n\n", "saved"),
        ("head -c 100 ../s/f > f; wget -c web/f", "(3.8K), 3793 (3.7K) remaining [", DONE),
        ("head -c 100 ../s/f > f; wget -c web:81/f", "Length: 3893 (3.8K) [", DONE),
        ("wget -c web/f", "200 OK", DONE),
        ("wget -q web/f; wget -N web/f", f"304 Not Modified\n{OMITTED}\n\n", "saved"),
        ("wget -q web:81/f; wget -N web:81/f", f"304 Not Modified\n{OMITTED}\n\n", "saved"),
        ("echo old > f; touch -d 2020-01-01 f; wget -N web/f", "saved [3893/3893]", OMITTED),
        ("wget -N -O f web/f", "WARNING: timestamping does nothing in comb", OMITTED),
    ],
)  # fmt: skip
async def test_parts_and_dates(on: Type, script: str, said: str, unsaid: str) -> None:
    typed = await on("master", f"mkdir /tmp/c; cd /tmp/c; {script}; ")
    assert said in typed.err
    assert unsaid not in typed.err
    assert MISSING not in typed.err
    kept = await on("master", "cd /tmp/c; cmp f ../s/f; ls; TZ=UTC date -r f +%F")
    assert kept.out.startswith("f\n")
    assert typed.status == 0
    if "saved" not in unsaid:
        assert kept.out == "f\n2024-01-02\n"


async def test_a_server_that_knows_no_dates(on: Type, net: TestNet) -> None:
    async def plain(scope: object, receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"x"})  # type: ignore[operator]

    net.serve(plain, 82)
    assert MISSING in (await on("master", "cd /tmp; wget -N web:82/x")).err


async def test_dates_and_what_is_there_already(on: Type) -> None:
    typed = await on("master", "wget -nc -N web/f")
    assert typed.status == 2
    assert typed.err.startswith("Can't timestamp and not clobber old files at the same time.\n")
