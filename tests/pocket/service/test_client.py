"""The multipass binary of a lab."""

from __future__ import annotations

import os
import subprocess

from tests.pocket.service.conftest import Served


def test_statuses_are_passed_on(lab: Served) -> None:
    for status in (0, 1, 2, 4, 5, 127, 255):
        assert lab.mp("exec", "master", "--", "bash", "-c", f"exit {status}") == (status, "", "")
    assert lab.mp("exec", "nope", "--", "true")[0] == 2


def test_input_and_both_outputs(lab: Served) -> None:
    script = "cat; echo oops >&2; exit 3"
    words = ("exec", "-n", "master", "--", "bash", "-c", script)
    assert lab.mp(*words, stdin="given\n") == (3, "given\n", "oops\n")


def test_output_comes_while_the_command_runs_and_input_is_open(lab: Served) -> None:
    command = subprocess.Popen(
        [str(lab.binary), "exec", "master", "--", "bash", "-c", "echo first; cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert command.stdout is not None
    assert command.stdin is not None
    assert command.stdout.readline() == b"first\n"
    command.stdin.write(b"later\n")
    command.stdin.flush()
    assert command.stdout.readline() == b"later\n"
    command.stdin.close()
    assert command.wait(20) == 0


def test_input_that_never_ends_does_not_hold_a_command_that_reads_none(lab: Served) -> None:
    reading, writing = os.pipe()
    try:
        words = [str(lab.binary), "exec", "master", "--", "bash", "-c", "echo done"]
        done = subprocess.run(words, stdin=reading, capture_output=True, timeout=30)
    finally:
        os.close(reading)
        os.close(writing)
    assert (done.returncode, done.stdout) == (0, b"done\n")


def test_much_output(lab: Served) -> None:
    status, out, _ = lab.mp("exec", "master", "--", "bash", "-c", "seq 1 9000")
    assert status == 0
    assert out == "".join(f"{n}\n" for n in range(1, 9001))


def test_a_reader_that_goes_away(lab: Served) -> None:
    script = f"'{lab.binary}' exec master -- bash -c 'seq 1 9000' | head -1"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=30)
    assert done.stdout == "1\n"


def test_files_of_the_current_directory(lab: Served) -> None:
    folder = lab.directory.parent / "work"
    folder.mkdir()
    (folder / "f").write_text("here")
    assert lab.mp("transfer", "f", "master:g", cwd=folder) == (0, "", "")
    assert lab.mp("transfer", "master:g", "h", cwd=folder) == (0, "", "")
    assert (folder / "h").read_text() == "here"


def test_the_guide_reads_the_address_with_grep_and_awk(lab: Served) -> None:
    script = f"'{lab.binary}' info master | grep IPv4 | awk '{{print $2}}'"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=30)
    assert done.stdout.startswith("127.")
