"""``kubectl port-forward`` to what answers, and what it says where nothing does."""

import contextlib
import http.server
import re
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from .manifests import deployment, service


class Front(http.server.BaseHTTPRequestHandler):
    """Stands where the lab's own server of a NodePort service would."""

    def do_GET(self):
        body = self.path.encode() * 20000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def web(api):
    """A Deployment and its NodePort service, which something serves on the master."""
    api.kubectl("create -f -", [deployment(), service(type="NodePort")])
    api.kubectl("rollout status deployment/web --timeout=30s")
    port = int(api.kubectl("get service web -o jsonpath={.spec.ports[0].nodePort}"))
    address = api.bench.fleet.machines["master"].address
    server = http.server.ThreadingHTTPServer((address, port), Front)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    api.kubectl("delete deployment/web service/web")


@contextlib.contextmanager
def forwarding(api, line):
    process = subprocess.Popen(
        api.words("port-forward", *line.split()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout and process.stderr
        told = process.stdout.readline()
        found = re.match(r"Forwarding from 127.0.0.1:(\d+) -> ", told)
        assert found, told + process.stderr.read()
        yield f"http://127.0.0.1:{found[1]}", process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_a_service_that_answers(api, web):
    with forwarding(api, "service/web :80") as (url, _):
        for word in ("/one", "/two"):
            with urllib.request.urlopen(url + word, timeout=10) as answer:
                assert answer.read() == word.encode() * 20000
        answers = []

        def ask(number):
            with urllib.request.urlopen(f"{url}/{number}", timeout=10) as answer:
                answers.append((number, len(answer.read())))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(answers) == [(number, 40000) for number in range(8)]


def test_a_port_at_which_nothing_answers(api, web):
    with forwarding(api, "deployment/web :9999") as (url, process):
        with pytest.raises((urllib.error.URLError, OSError)):
            urllib.request.urlopen(url, timeout=10)
        told = ""
        while "nothing answers there" not in told:
            line = process.stderr.readline()
            assert line, told
            told += line
    assert "no NodePort service in default serves port 9999" in told


def test_a_pod_that_is_not_there(api):
    assert 'pods "nobody" not found' in api.kubectl("port-forward pod/nobody :80", fails=True)
