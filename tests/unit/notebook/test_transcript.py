"""The transcript: the commands as they ran, one display a machine, also side by side."""

from __future__ import annotations

import threading
from threading import Barrier, Thread
from typing import Any, cast

import pytest

from owlab import Lab
from owlab.command import Command, Variable
from owlab.events import Event, Kind
from owlab.notebook.mime import TRANSCRIPT
from owlab.notebook.transcript import Transcript, muted

from .conftest import Handle


def test_a_command_outside_a_step(lab: Lab, handles: list[Handle]) -> None:
    lab.listeners.append(Transcript())
    lab.run(Command("echo '<out>'; exit 4", on="master"))
    (handle,) = handles
    assert handle.last["text/plain"] == ("master$ echo '<out>'; exit 4\n<out>\n(exit status 4)")
    assert "&lt;out&gt;" in handle.last["text/html"]
    (command,) = handle.last[TRANSCRIPT]["commands"]
    assert (command["machine"], command["exit_code"], command["output"]) == ("master", 4, "<out>\n")


def test_nothing_is_shown_while_muted(lab: Lab, handles: list[Handle]) -> None:
    lab.listeners.append(Transcript())
    with muted():
        lab.run(Command("echo hello"))
    assert handles == []


def test_two_machines_side_by_side_do_not_mix(handles: list[Handle]) -> None:
    transcript, barrier = Transcript(), Barrier(2)

    def work(machine: str) -> None:
        for kind, command, text in (
            ("step-started", "", "title"),
            ("command-started", f"join {machine}", ""),
            ("command-output", f"join {machine}", f"hello from {machine}\n"),
            ("command-ended", f"join {machine}", ""),
            ("step-done", "", "all right"),
        ):
            barrier.wait()
            place = "host" if kind.startswith("command") else machine
            event: Any = Event(
                cast(Kind, kind), "k3s.join_workers", place, command, text, exit_code=0, seconds=0.1
            )
            transcript(event)

    threads = [Thread(target=work, args=(name,)) for name in ("worker1", "worker2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(handles) == 2
    for handle in handles:
        record = handle.last[TRANSCRIPT]
        name = record["title"].rpartition("(")[2].rstrip(")")
        assert record["status"] == "done"
        assert [(c["text"], c["output"]) for c in record["commands"]] == [
            (f"join {name}", f"hello from {name}\n")
        ]


def test_what_a_command_reads_first_stands_before_it(lab: Lab, handles: list[Handle]) -> None:
    lab.listeners.append(Transcript(lab))
    address = Variable("MASTER_IP", Command("echo 127.0.0.9"))
    lab.run(Command("echo ${MASTER_IP}", on="master", variables=(address,)))
    (command,) = handles[0].last[TRANSCRIPT]["commands"]
    assert command["machine"] == "host"
    assert command["text"].splitlines()[0] == "MASTER_IP=$(echo 127.0.0.9)"
    assert command["output"] == "127.0.0.9\n"


def test_a_step_that_is_done_shows_what_it_typed_then(lab: Lab, handles: list[Handle]) -> None:
    lab.journal(Event("step-started", "nfs.install_clients", "worker1"))
    for text, machine in (("sudo apt-get update", "worker1"), ("echo x", "master")):
        lab.journal(Event("command-ended", "nfs.install_clients", machine, text, exit_code=0))
    lab.journal(Event("step-done", "nfs.install_clients", "worker1"))
    transcript = Transcript(lab)
    transcript(Event("step-started", "nfs.install_clients", "worker1"))
    transcript(Event("step-skipped", "nfs.install_clients", "worker1", text="installed"))
    shown = handles[0].last
    assert "as they were typed on 20" in shown["text/plain"]
    assert "worker1$ sudo apt-get update\nmaster$ echo x" in shown["text/plain"]
    assert "<details><summary>Its commands" in shown["text/html"]
    past = shown[TRANSCRIPT]["past"]["commands"]
    assert [item["text"] for item in past] == ["sudo apt-get update", "echo x"]


def test_a_step_that_others_did_shows_what_it_would_type(lab: Lab, handles: list[Handle]) -> None:
    transcript = Transcript(lab)
    transcript(Event("step-started", "nfs.install_clients", "worker1"))
    transcript(Event("step-skipped", "nfs.install_clients", "worker1", text="installed"))
    plain = handles[0].last["text/plain"]
    assert "this lab did not type them" in plain
    assert "apt-get install -y nfs-common" in plain


def test_a_long_output_is_folded_and_its_end_is_kept(lab: Lab, handles: list[Handle]) -> None:
    lab.listeners.append(Transcript())
    lab.run(Command("seq 1000"))
    plain = handles[0].last["text/plain"]
    assert "... 988 lines before these ..." in plain
    assert plain.endswith("\n1000")
    assert "<details><summary>output, 1000 lines" in handles[0].last["text/html"]


def test_a_step_that_takes_long_tells_how_far_it_is(
    lab: Lab, handles: list[Handle], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("owlab.notebook.progress._SECONDS", 0.01)
    monkeypatch.setattr("owlab.notebook.transcript._REDRAW_SECONDS", 0.0)
    transcript = Transcript(lab)
    transcript(Event("step-started", "openwhisk.deploy", "master", text="deploy"))
    limit = 500
    while "0 of 0 pods ready" not in handles[0].last["text/plain"] and limit:
        limit -= 1
        threading.Event().wait(0.02)
    assert "under way" in handles[0].last["text/plain"]
    transcript(Event("step-done", "openwhisk.deploy", "master", text="ready", seconds=1.0))
    assert handles[0].last["text/plain"].endswith("ready")
