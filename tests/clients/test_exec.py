"""``kubectl exec`` and ``attach``: pipes, and terminals that a person types into."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..keyboard import Keyboard
from ..waiting import until
from .api_server import ApiServer


@pytest.fixture(scope="module")
def box(api: ApiServer) -> Iterator[str]:
    api.kubectl("run box --image=busybox --command -- sleep infinity")
    api.kubectl("wait --for=condition=Ready pod/box --timeout=30s")
    yield "box"
    api.kubectl("delete pod box --now")


def piped(api: ApiServer, line: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        api.words(*line.split()), input=stdin, capture_output=True, text=True, timeout=60
    )


def terminal(api: ApiServer, *words: str) -> Keyboard:
    return Keyboard(api.words(*words))


def test_pipes(api: ApiServer, box: str) -> None:
    assert piped(api, "exec -i box -- cat", "one\ntwo\n").stdout == "one\ntwo\n"
    assert piped(api, "exec -i box -- wc -l", "one\ntwo\n").stdout.strip() == "2"
    done = piped(api, "exec -i box -- sh", "echo $((6*7))\nls /nowhere\nexit 3\n")
    assert done.stdout == "42\n"
    assert "/nowhere" in done.stderr
    assert done.returncode == 3
    write = api.words("exec", "-i", "box", "--", "sh", "-c", "cat > /tmp/kept")
    subprocess.run(write, input="héllo", text=True, timeout=60, check=True)
    assert piped(api, "exec box -- cat /tmp/kept").stdout == "héllo"


def test_large_input_arrives_whole(api: ApiServer, box: str) -> None:
    text = "x" * 999 + "\n"
    assert piped(api, "exec -i box -- wc -c", text * 1000).stdout.strip() == "1000000"


def test_input_that_nobody_reads(api: ApiServer, box: str) -> None:
    assert piped(api, "exec -i box -- echo hi", "never read\n").stdout == "hi\n"


def test_output_flows_while_the_command_runs(api: ApiServer, box: str) -> None:
    words = api.words("exec", "box", "--", "sh", "-c", "echo first; sleep 600")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "first\n"
    process.terminate()
    process.wait(20)


def test_a_shell_to_type_into(api: ApiServer, box: str) -> None:
    typed = terminal(api, "exec", "-it", "box", "--", "sh")
    typed.expect("/ # ")
    typed.type("cd /tmp; name=Adaa\x7f\r")
    typed.expect("/tmp # ")
    typed.type('echo "[$name]"\r')
    typed.expect("[Ada]\r\n")
    typed.type("half a li\x03")
    typed.expect("^C\r\n/tmp # ")
    typed.type("for i in 1 2; do\recho n$i\rdone\r")
    typed.expect("n1\r\nn2\r\n")
    typed.type("echo $((6*9)); sleep 600\r")
    typed.expect("54\r\n")
    typed.type("\x03")
    typed.expect("^C\r\n/tmp # ")
    typed.type("cat > note\rtyped\r\x04")
    typed.expect("/tmp # ")
    typed.type("cat note; false\r")
    typed.expect("typed\r\n")
    typed.type("echo code $?\r")
    typed.expect("code 1\r\n")
    typed.type("exit 4\r")
    assert typed.process.wait(20) == 4


def test_end_of_input_leaves_the_shell(api: ApiServer, box: str) -> None:
    typed = terminal(api, "exec", "-it", "box", "--", "/bin/sh")
    typed.expect("/ # ")
    typed.type("\x04")
    assert typed.process.wait(20) == 0


def test_a_command_in_a_terminal_is_interrupted(api: ApiServer, box: str) -> None:
    typed = terminal(api, "exec", "-it", "box", "--", "sh", "-c", "echo ready; sleep 600")
    typed.expect("ready\r\n")
    typed.type("\x03")
    assert typed.process.wait(20) == 130


def test_run_and_attach(api: ApiServer) -> None:
    typed = terminal(api, "run", "-it", "--rm", "shell", "--image=ubuntu:24.04", "--", "bash")
    typed.type("\r")
    typed.expect("root@shell:/# ")
    typed.type("hostname; exit\r")
    typed.expect("shell\r\n")
    assert typed.process.wait(30) == 0
    assert "not found" in api.kubectl("get pod shell", fails=True)


def test_attaching_shows_what_is_printed_from_now_on(api: ApiServer) -> None:
    loop = "i=0; while ! test -e /tmp/enough; do i=$((i+1)); echo tick $i; sleep 0.2; done"
    subprocess.run(
        api.words("run", "ticks", "--image=busybox", "--restart=Never", "--", "sh", "-c", loop),
        check=True,
        capture_output=True,
    )
    api.kubectl("wait --for=condition=Ready pod/ticks --timeout=30s")
    until(lambda: "tick 1\n" in api.kubectl("logs ticks"))
    attached = subprocess.Popen(api.words("attach", "ticks"), stdout=subprocess.PIPE, text=True)
    assert attached.stdout is not None
    first = attached.stdout.readline()
    assert first.startswith("tick ")
    assert first != "tick 1\n"
    api.kubectl("exec ticks -- touch /tmp/enough")
    assert "tick 1\n" not in attached.stdout.read()
    assert attached.wait(60) == 0
    api.kubectl("delete pod ticks --now")


def test_a_container_that_is_simulated_has_nothing_to_attach_to(api: ApiServer) -> None:
    api.kubectl("run web --image=postgres")
    api.kubectl("wait --for=condition=Ready pod/web --timeout=30s")
    assert "nothing runs in it to attach to" in api.kubectl("attach web", fails=True)
    api.kubectl("delete pod web --now")


def test_a_command_ends_when_its_kubectl_goes(api: ApiServer, box: str) -> None:
    loop = "echo begun; while true; do echo tick >> /tmp/ticks; sleep 0.1; done"
    words = api.words("exec", box, "--", "sh", "-c", loop)
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"

    def ticks() -> int:
        return int(piped(api, "exec box -- wc -l /tmp/ticks").stdout.split()[0])

    def stands_still() -> bool:
        before = ticks()
        time.sleep(1)
        return ticks() == before

    assert not stands_still()
    process.kill()
    process.wait(20)
    until(stands_still)


def test_copying(api: ApiServer, box: str, tmp_path: Path) -> None:
    deep = tmp_path / "tree" / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    (deep / "ümlaut and space").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "tree" / "run").write_text("#!/bin/sh\necho runs\n")
    (tmp_path / "tree" / "run").chmod(0o755)
    api.kubectl(f"cp {tmp_path}/tree box:/tmp/")
    assert piped(api, "exec box -- /tmp/tree/run").stdout == "runs\n"
    api.kubectl(f"cp box:/tmp/tree {tmp_path}/back")
    for file in (tmp_path / "tree").rglob("*"):
        if file.is_file():
            copy = tmp_path / "back" / file.relative_to(tmp_path / "tree")
            assert copy.read_bytes() == file.read_bytes()
    api.kubectl(f"cp {tmp_path}/tree/run box:/root/once")
    assert piped(api, "exec box -- /root/once").stdout == "runs\n"
    told = api.kubectl(f"cp box:/nowhere {tmp_path}/none", fails=True)
    assert "No such file or directory" in told


def test_archives_in_a_container(api: ApiServer, box: str) -> None:
    script = """\
    mkdir -p /tmp/a/b && echo x > /tmp/a/b/f && ln -s b/f /tmp/a/link && cd /tmp
    tar czf a.tgz a && tar tf a.tgz
    mkdir out && tar -xzf a.tgz -C out && cat out/a/link
    tar xf none.tar; tar; tar -xf a.tgz -C /nowhere
    """
    done = piped(api, "exec -i box -- sh", script)
    assert done.stdout.split() == ["a/", "a/b/", "a/b/f", "a/link", "x"]
    assert done.stderr == (
        "tar: can't open 'none.tar': No such file or directory\n"
        "tar: must specify one of -c, -x, -t\n"
        "tar: can't change directory to '/nowhere': No such file or directory\n"
        "command terminated with exit code 1\n"
    )
    assert done.returncode == 1


def test_large_output_leaves_whole(api: ApiServer, box: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    (tmp_path / "large").write_bytes(content)
    api.kubectl(f"cp {tmp_path}/large box:/tmp/large")
    api.kubectl(f"cp box:/tmp/large {tmp_path}/back")
    assert (tmp_path / "back").read_bytes() == content
    printed = api.words("exec", "box", "--", "sh", "-c", "cat /tmp/large | cat")
    assert subprocess.run(printed, capture_output=True, timeout=60).stdout == content


def test_a_command_that_was_fast_is_heard_all_the_same(api: ApiServer) -> None:
    line = "run fast --rm -i --restart=Never --image=busybox --quiet -- echo heard"
    assert "heard\n" in piped(api, line).stdout
