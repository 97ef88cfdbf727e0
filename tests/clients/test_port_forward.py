"""``kubectl port-forward`` to what answers, and what it says where nothing does."""

import contextlib
import re
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from .manifests import deployment, service


@pytest.fixture
def web(api):
    """A Deployment of nginx that serves a large page of a ConfigMap."""
    page = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "page"},
        "data": {"index.html": "owl" * 20000},
    }
    made = deployment()
    spec = made["spec"]["template"]["spec"]
    spec["volumes"] = [{"name": "page", "configMap": {"name": "page"}}]
    mount = {"name": "page", "mountPath": "/usr/share/nginx/html"}
    spec["containers"][0]["volumeMounts"] = [mount]
    api.kubectl("create -f -", [page, made, service()])
    api.kubectl("rollout status deployment/web --timeout=30s")
    yield
    api.kubectl("delete deployment/web service/web configmap/page")


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
        answers = []

        def ask(number):
            with urllib.request.urlopen(f"{url}/?{number}", timeout=10) as answer:
                answers.append((number, answer.read() == b"owl" * 20000))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(answers) == [(number, True) for number in range(8)]


def test_a_port_at_which_nothing_answers(api, web):
    with forwarding(api, "deployment/web :9999") as (url, process):
        with pytest.raises((urllib.error.URLError, OSError)):
            urllib.request.urlopen(url, timeout=10)
        told = ""
        while "dial tcp4 127.0.0.1:9999: connect: connection refused" not in told:
            line = process.stderr.readline()
            assert line, told
            told += line
    assert "failed to connect to localhost:9999 inside namespace" in told


def test_a_pod_that_is_not_there(api):
    assert 'pods "nobody" not found' in api.kubectl("port-forward pod/nobody :80", fails=True)
