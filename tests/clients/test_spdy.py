"""exec, cp, attach and port-forward over SPDY, as kubectl up to 1.30 does them.

The kubectl of these tests speaks WebSocket first; told not to, it is the older one.
"""

import os
import subprocess
import urllib.request

import pytest

from ..keyboard import Keyboard
from ..waiting import until
from .test_port_forward import forwarding, web  # noqa: F401


@pytest.fixture(autouse=True)
def spdy(monkeypatch):
    monkeypatch.setenv("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", "false")
    monkeypatch.setenv("KUBECTL_PORT_FORWARD_WEBSOCKETS", "false")


@pytest.fixture(scope="module")
def box(api):
    api.kubectl("run box --image=busybox --command -- sleep infinity")
    api.kubectl("wait --for=condition=Ready pod/box --timeout=30s")
    yield "box"
    api.kubectl("delete pod box --now")


def piped(api, line, stdin=""):
    return subprocess.run(
        api.words(*line.split()), input=stdin, capture_output=True, text=True, timeout=60
    )


def test_the_transport_is_spdy(api, box):
    told = piped(api, "exec -v=8 box -- echo hi").stderr
    assert "101 Switching Protocols" in told
    assert "X-Stream-Protocol-Version: v4.channel.k8s.io" in told


def test_pipes_and_exit_statuses(api, box):
    assert piped(api, "exec -i box -- cat", "one\ntwo\n").stdout == "one\ntwo\n"
    done = piped(api, "exec -i box -- sh", "echo $((6*7))\nls /nowhere\nexit 3\n")
    assert (done.stdout, done.returncode) == ("42\n", 3)
    assert "/nowhere" in done.stderr and "exit code 3" in done.stderr


def test_much_input_read_and_unread(api, box):
    text = "x" * 999 + "\n"
    assert piped(api, "exec -i box -- wc -c", text * 5000).stdout.strip() == "5000000"
    assert piped(api, "exec -i box -- echo hi", text * 5000).stdout == "hi\n"


def test_much_output(api, box):
    done = piped(api, "exec box -- seq 100000")
    assert done.stdout.split() == [str(number) for number in range(1, 100001)]


def test_copying_there_and_back(api, box, tmp_path):
    content = os.urandom(900_000)
    (tmp_path / "there").write_bytes(content)
    api.kubectl(f"cp {tmp_path}/there box:/tmp/there")
    api.kubectl(f"cp box:/tmp/there {tmp_path}/back")
    assert (tmp_path / "back").read_bytes() == content


def test_a_terminal(api, box):
    typed = Keyboard(api.words("exec", "-it", "box", "--", "sh"))
    typed.expect("/ # ")
    typed.type("echo $((6*9)); sleep 600\r")
    typed.expect("54\r\n")
    typed.type("\x03")
    typed.expect("^C\r\n/ # ")
    typed.type("exit 4\r")
    assert typed.process.wait(20) == 4


def test_attaching(api):
    typed = Keyboard(api.words("run", "-it", "--rm", "shell", "--image=busybox", "--", "sh"))
    typed.type("\r")
    typed.expect("/ # ")
    typed.type("hostname; exit\r")
    typed.expect("shell\r\n")
    assert typed.process.wait(30) == 0


def test_a_command_ends_when_its_kubectl_goes(api, box):
    loop = "echo begun; while true; do echo tick >> /tmp/ticks; sleep 0.1; done"
    words = api.words("exec", "box", "--", "sh", "-c", loop)
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout and process.stdout.readline() == b"begun\n"
    process.kill()
    process.wait(20)

    def stands_still():
        wc = api.words(
            "exec", "box", "--", "sh", "-c", "cd /tmp; wc -l <ticks; sleep 1; wc -l <ticks"
        )
        before, after = subprocess.run(wc, capture_output=True, timeout=60).stdout.split()
        return before == after

    until(stands_still)


def test_what_cannot_be_served_is_told_before_the_upgrade(api, box):
    assert (
        "container nosuch is not valid for pod box" in piped(api, "exec box -c nosuch -- x").stderr
    )
    told = api.send("POST", "/api/v1/namespaces/default/pods/nobody/exec?command=x&stdout=true")
    assert (told.status, told.data["reason"]) == (404, "NotFound")
    told = api.send("POST", "/api/v1/namespaces/default/pods/box/exec?command=x&stdout=true")
    assert (told.status, told.data["message"]) == (400, "Upgrade request required")


def test_connections_to_ports(api, web):  # noqa: F811
    with forwarding(api, "service/web :80") as (url, _):
        for word in ("?one", "?two", "?three"):
            with urllib.request.urlopen(f"{url}/{word}", timeout=10) as answer:
                assert answer.read() == b"owl" * 20000


def test_a_port_where_nothing_answers(api, web):  # noqa: F811
    with forwarding(api, "deployment/web :9999") as (url, process):
        with pytest.raises(OSError):
            urllib.request.urlopen(url, timeout=10)
        told = process.stderr.readline()
        while told and "connection refused" not in told:
            told = process.stderr.readline()
        assert told
