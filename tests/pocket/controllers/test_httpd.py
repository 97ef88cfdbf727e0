"""Apache's httpd with configurations of its own: its ports, its files, and what it refuses."""

from __future__ import annotations

import pytest

from owlab.pocket.kube.servers.httpd import CONFIG, FILES, ROOT, httpd
from owlab.pocket.kube.servers.setting import ImageFiles, ServerFailed, Setting
from owlab.pocket.network.sockets import Listening

from ..programs.network_console import TestNet
from .test_small_servers import fetched

POD = {"metadata": {"name": "web"}, "spec": {}, "status": {}}


def started(config: str = "", **files: bytes) -> tuple[TestNet, list[str], list[int]]:
    """A network with the server at ``web``, what it has logged, and its ports."""
    net, logged = TestNet(), list[str]()
    more = {f"/srv/{name.replace('_', '/')}.html": text for name, text in files.items()}
    text = {CONFIG: config.encode()} if config else {}
    view = ImageFiles({**FILES, **more, **text})
    ports = httpd(Setting([], {}, POD, "/", logged.append, lambda: view, net.dial))
    for port, serve in ports.items():
        net.sockets.listen("here", Listening(port, "httpd", serve))
    return net, logged, list(ports)


@pytest.mark.parametrize(
    ("config", "ports"),
    [
        ("", [80]),
        ("Listen 8080", [8080]),
        ("  listen 0.0.0.0:8081  \nListen 8082", [8081, 8082]),
        ("Listen 443 https", [443]),
        ("# Listen 1\n\n#x\nListen 8080", [8080]),
        ("<IfModule a>\n<If b>\nListen 1\n</If>\nListen 2\n</IfModule>\nListen 3", [3]),
        ('ServerName web\nServerRoot "/x"\nLoadModule a b\nListen 80', [80]),
    ],
)
async def test_its_ports(config: str, ports: list[int]) -> None:
    _, logged, found = started(config)
    assert found == ports
    assert logged == ["(httpd of the pocket lab: a small server of its own)"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("Listen 80\nLitsen 81", "line 2 of %s:\nInvalid command 'Litsen', not known to the"),
        ("\nListen http", "line 2 of %s:\nPort must be specified"),
        ("Listen", "line 1 of %s:\nPort must be specified"),
        ("DocumentRoot /srv", "no listening sockets available, shutting down"),
    ],
)
def test_configurations_that_are_none(config: str, said: str) -> None:
    with pytest.raises(ServerFailed) as failed:
        started(config)
    assert said.replace("%s", CONFIG) in failed.value.text
    assert failed.value.code == 1


async def test_its_files() -> None:
    config = 'Listen 80\nDocumentRoot "/srv"\nDirectoryIndex none.html start.html'
    net, logged, _ = started(config, start=b"first", a_b=b"below", a_c=b"too")
    assert await fetched(net, "http://web/") == (200, "first")
    assert await fetched(net, "http://web/a/b.html") == (200, "below")
    code, page = await fetched(net, "http://web/a")
    assert code == 200 and "<h1>Index of /a</h1>" in page
    assert page.index('href="b.html"') < page.index('href="c.html"')
    code, page = await fetched(net, "http://web/none")
    assert code == 404 and "The requested URL was not found on this server." in page
    code, page = await fetched(net, "-X POST http://web/")
    assert code == 405 and "<h1>Method Not Allowed</h1>" in page
    assert [line.rpartition('"')[2] for line in logged[1:3]] == [" 200 5"] * 2
    net, _, _ = started()
    assert await fetched(net, "http://web/") == (200, FILES[f"{ROOT}/index.html"].decode())
