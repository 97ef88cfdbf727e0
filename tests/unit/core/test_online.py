"""What is downloaded and pinned, asked of a small internet of the test's own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote

import pytest
import yaml
from click.testing import CliRunner

from owlab import online, versions
from owlab.cli import main
from owlab.config import LabConfig
from owlab.online import HttpAnswer, NoAnswer

REALM = 'Bearer realm="https://auth.example/token",service="hub",scope="repository:x:pull"'


class Internet:
    """Everything is there, but what is named in ``gone``; nobody answers for ``silent``."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gone: set[str] = set()
        self.silent: set[str] = set()
        self.bodies: dict[str, bytes] = {
            "index.yaml": yaml.safe_dump(
                {"entries": {"nfs-subdir-external-provisioner": [{"version": "4.0.18"}]}}
            ).encode(),
            "channels": b'{"data": [{"id": "stable", "latest": "v9.9.9+k3s1"}]}',
            "helm4-latest-version": b"v4.9.9\n",
            "releases/latest": b'{"tag_name": "1.2.0"}',
            "commits/master": b'{"sha": "abc"}',
            "auth.example": b'{"token": "t0k"}',
        }

    def ask(
        self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        self.asked.append(url)
        if any(part in url for part in self.silent):
            raise NoAnswer(f"{url}: timed out")
        if any(part in url for part in self.gone):
            return HttpAnswer(404, {})
        if "registry-1" in url and "Authorization" not in (headers or {}):
            return HttpAnswer(401, {"Www-Authenticate": REALM})
        if "registry-1" in url:
            assert (headers or {})["Authorization"] == "Bearer t0k"
        body = next((b for part, b in self.bodies.items() if part in url), b"")
        return HttpAnswer(200, {}, body)


@pytest.fixture
def internet(monkeypatch) -> Internet:
    made = Internet()
    monkeypatch.setattr(online, "ask", made.ask)
    return made


def test_all_that_a_deployment_downloads_is_asked_for(internet):
    found = online.examine(LabConfig())
    assert {diagnostic.verdict for diagnostic in found} == {"ok"}
    names = [diagnostic.name for diagnostic in found]
    for image in (*versions.KAFKA_IMAGES, *versions.CHART_IMAGES, *versions.RUNTIME_IMAGES):
        assert image in names
    asked = " ".join(internet.asked)
    assert f"{quote(versions.K3S)}/sha256sum-amd64.txt" in asked
    assert f"commit/{versions.OPENWHISK_CHART_COMMIT}" in asked


@pytest.mark.parametrize(
    ("gone", "name", "setting"),
    [
        ("wurstmeister/kafka/manifests/2.13", "wurstmeister/kafka:2.13-2.8.1", "kafka_images"),
        ("k3s/releases", f"K3s {versions.K3S}", "k3s_version"),
        ("get.helm.sh", "Helm v4.1.4", "helm_sha256"),
        ("openwhisk-cli/releases", "wsk 1.2.0", "wsk_version"),
        ("index.yaml", "the provisioner's chart 4.0.18", "provisioner_chart_version"),
    ],
)
def test_what_is_gone_is_said_with_what_to_set(internet, gone, name, setting):
    internet.gone.add(gone)
    found = {diagnostic.name: diagnostic for diagnostic in online.examine(LabConfig())}
    assert found[name].verdict == "fail" and setting in found[name].advice
    assert [f.name for f in found.values() if f.verdict == "fail"] == [name]


def test_a_registry_that_is_silent_or_busy_proves_nothing(internet, monkeypatch):
    internet.silent.add("registry.k8s.io")
    found = {diagnostic.name: diagnostic for diagnostic in online.examine(LabConfig())}
    assert found[versions.PROVISIONER_IMAGE].verdict == "warn"
    monkeypatch.setattr(online, "ask", lambda *_: HttpAnswer(429, {}))
    with pytest.raises(NoAnswer, match="429"):
        online.image_exists("redis:4.0")


def test_images_are_written_in_several_ways():
    assert online.parts_of("busybox:1") == ("registry-1.docker.io", "library/busybox", "1")
    assert online.parts_of("a/b:c") == ("registry-1.docker.io", "a/b", "c")
    assert online.parts_of("docker.io/a/b:c") == ("registry-1.docker.io", "a/b", "c")
    assert online.parts_of("ghcr.io/a/b:c") == ("ghcr.io", "a/b", "c")
    assert online.parts_of("localhost:5000/a:c") == ("localhost:5000", "a", "c")
    assert online.parts_of("1.2.3.4:5000/a/b:c") == ("1.2.3.4:5000", "a/b", "c")
    assert online.parts_of("my.registry:5000/b:c") == ("my.registry:5000", "b", "c")


def test_the_doctor_fails_for_what_is_gone(internet, tmp_path, monkeypatch):
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    internet.gone.add("nginx")
    done = CliRunner().invoke(main, ["doctor", "--online"], env={"COLUMNS": "200"})
    assert done.exit_code == 1 and "nginx:1.21.1" in done.output
    assert not [url for url in internet.asked if "example" not in url and "https" not in url]


def test_pins_are_listed_with_what_is_newer(internet):
    done = CliRunner().invoke(main, ["versions", "--check"], env={"COLUMNS": "200"})
    assert "v9.9.9+k3s1" in done.output and "v4.9.9" in done.output
    internet.silent.add("update.k3s.io")
    assert "timed out" in CliRunner().invoke(main, ["versions", "--check"]).output
    internet.asked.clear()
    assert "k3s_version" in CliRunner().invoke(main, ["versions"]).output
    assert internet.asked == []


def test_every_pin_has_a_setting_whose_default_it_is():
    flat = LabConfig().flat()
    for pin in versions.PINS:
        default = flat[pin.setting]
        assert pin.value == (default[0] if isinstance(default, list) else default), pin.setting
        assert pin.why and pin.move and len(pin.chosen) == 7


def test_a_broken_answer_is_no_crash(internet):
    internet.bodies["channels"] = json.dumps({"data": []}).encode()
    done = CliRunner().invoke(main, ["versions", "--check"])
    assert done.exit_code == 0


@pytest.fixture
def server(monkeypatch) -> Iterator[str]:
    """On this computer: tells what it was asked, and knows one page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/there" else 404)
            self.send_header("X-Asked", f"{self.command} {self.headers['User-Agent']}")
            self.send_header("X-Accept", self.headers.get("Accept", "none"))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(b"body")

        do_HEAD = do_GET

        def log_message(self, *words: object) -> None: ...

    monkeypatch.setenv("no_proxy", "*")
    with HTTPServer(("127.0.0.1", 0), Page) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


def test_an_error_status_is_an_answer(server):
    found = online.ask(f"{server}/there", headers={"Accept": "x/y"})
    assert (found.status, found.body) == (200, b"body")
    assert (found.headers["X-Asked"], found.headers["X-Accept"]) == ("GET owlab", "x/y")
    found = online.ask(f"{server}/gone", "HEAD")
    assert (found.status, found.body) == (404, b"")
    assert (found.headers["X-Asked"], found.headers["X-Accept"]) == ("HEAD owlab", "none")


def test_nobody_there_is_none(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        with pytest.raises(NoAnswer, match=r"^127\.0\.0\.1: .*refused"):
            online.ask(f"http://127.0.0.1:{nobody.getsockname()[1]}/")
