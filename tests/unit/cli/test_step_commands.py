"""The commands that carry out, look at and take back steps, on machines that are folders."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from owlab import guided, places, teardown
from owlab.cli import examination, inspect, main, steps
from owlab.cli.display import StepDisplay, evidence_table
from owlab.cli.shared_options import fail, known_lab, overrides, plain
from owlab.command import Command
from owlab.diagnostic import Diagnostic
from owlab.errors import CheckFailed, ConfigError, LabError, ProviderError
from owlab.events import Event
from owlab.lab import Lab
from owlab.machines.provider import MachineInfo
from owlab.online import NoAnswer
from owlab.shell import Shell
from owlab.step import Check, Evidence, Step, on_master
from tests.unit.core.conftest import FolderProvider, file_step

Owlab = Callable[..., Result]


@pytest.fixture
def provider(tmp_path: Path) -> FolderProvider:
    made = FolderProvider(tmp_path / "machines", Shell())
    made.root.mkdir()
    return made


@pytest.fixture
def owlab(tmp_path: Path, provider: FolderProvider, monkeypatch: pytest.MonkeyPatch) -> Owlab:
    """With a guide of two steps: one on each worker, one on the master that needs it."""
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("OWLAB_LAB", raising=False)
    monkeypatch.setattr("owlab.lab.provider_for", lambda config, directory: provider)
    monkeypatch.setattr(teardown, "provider_for", lambda config, directory: provider)

    def undo(lab: Any, machine: str) -> Any:
        if (provider.root / machine / "join_workers").exists():
            yield from [Command("rm join_workers", on=machine)]

    join = file_step("k3s.join_workers", "1.4", "touch join_workers; echo joined", undo=undo)
    helm = file_step("helm.install", "3", needs=(join,), where=on_master)
    both = (join, helm)

    def ordered(to: str = "") -> list[Step]:
        return [join] if to == "1.4" else list(both)

    for module in (steps, teardown):
        monkeypatch.setattr(module, "STEPS", both)
    for module in (steps, guided):
        monkeypatch.setattr(module, "ordered", ordered)
    monkeypatch.setattr(
        steps, "find", lambda name: next(s for s in both if name in (s.key, s.section))
    )

    def run(*words: str, **more: Any) -> Result:
        return CliRunner().invoke(main, list(words), env={"COLUMNS": "200"}, **more)

    return run


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_up_carries_out_what_is_missing(owlab: Owlab, provider: FolderProvider) -> None:
    done = owlab("up", "--to", "1.4")
    assert done.exit_code == 0
    assert "✓ 1.4  join the workers to the cluster [worker1]" in done.output
    assert "Steps carried out: 1. Done before: 0. It took " in done.output
    assert "owlab status" in done.output
    assert {path.name for path in provider.root.glob("*/join_workers")} == {"join_workers"}
    again = owlab("up")
    assert "· 1.4  join the workers to the cluster [worker1]  already done" in again.output
    assert "✓ 3    install Helm [master]" in again.output
    assert "Steps carried out: 1. Done before: 1." in again.output
    last = owlab("up")
    assert lines(last.output)[-1] == "Nothing to do: all 2 steps are done."
    assert "echo joined" not in done.output and "joined" not in lines(done.output)


def test_up_shows_what_is_typed_and_printed(owlab: Owlab) -> None:
    done = owlab("up", "--to", "1.4", "--verbose", "--lab", "night")
    assert "worker1$ touch join_workers; echo joined" in done.output
    assert "joined" in done.output.replace("echo joined", "")
    assert "owlab status --lab night" in done.output


def test_a_failure_is_told_and_ends_with_one(owlab: Owlab, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = file_step("k3s.join_workers", "1.4", "echo no room >&2; false")
    monkeypatch.setattr(guided, "ordered", lambda to="": [broken])
    done = owlab("up")
    assert done.exit_code == 1
    assert "✗ 1.4  join the workers to the cluster [worker1]" in done.output
    # Both workers join at the same time: the one that fails first is told.
    told = r"error: 1\.4 make join_workers on worker[12]: a command failed\."
    assert re.search(told, done.output)
    assert "  no room" in done.output


def test_a_script_is_written_or_the_reason_told(owlab: Owlab, tmp_path: Path) -> None:
    written = owlab("script", "--output", str(tmp_path / "deploy.sh"))
    assert written.exit_code == 0 and "Read it, then run: bash" in written.output
    assert (tmp_path / "deploy.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "deploy.sh").read_text().startswith("#!/usr/bin/env bash\n")
    refused = owlab("script", "--output", str(tmp_path / "none" / "deploy.sh"))
    assert refused.exit_code == 1
    assert "deploy.sh cannot be written." in refused.output.replace("\n", "")
    assert "No such file or directory" in refused.output
    assert "Traceback" not in refused.output


def test_status_and_check(owlab: Owlab, provider: FolderProvider) -> None:
    owlab("up", "--to", "1.4")
    told = owlab("status")
    assert told.exit_code == 0
    assert "lab owlab: folders" in told.output
    assert str(places.lab_directory("owlab")) in told.output.replace("\n", "")
    assert "  worker1          Running          127.0.0.1" in told.output
    assert "✓  1.4  make join_workers" in told.output
    assert "✗  3    make install" in told.output
    checked = owlab("check")
    assert checked.exit_code == 1
    assert "Not done: 3." in checked.output
    assert owlab("check", "--to", "1.4").exit_code == 0
    owlab("up")
    assert owlab("check").exit_code == 0


def test_for_programs(owlab: Owlab) -> None:
    owlab("up", "--to", "1.4")
    told = json.loads(owlab("status", "--json").output)
    assert {"name": "worker1", "state": "Running", "ipv4": "127.0.0.1", "release": ""} in (
        told["machines"]
    )
    first, second = told["steps"]
    assert (first["section"], first["key"], first["done"]) == ("1.4", "k3s.join_workers", True)
    assert second["done"] is False
    assert second["evidence"] == [{"what": "install on master", "ok": False, "seen": "missing"}]
    checked = owlab("check", "--json", "--to", "1.4")
    assert json.loads(checked.output) == told["steps"][:1]


def test_a_lab_without_machines(owlab: Owlab, provider: FolderProvider) -> None:
    assert "  no machines yet" in owlab("status").output
    provider.machines = lambda: [MachineInfo("other", "Running", "")]  # type: ignore[method-assign]
    assert "other" not in owlab("status").output


def test_what_cannot_be_looked_at_is_not_done(
    owlab: Owlab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(lab: Any, machine: str) -> Check:
        raise LabError("It does not answer.")

    sick = Step("helm.install", "3", "ask", lambda lab, machine: iter(()), lost, on_master)
    monkeypatch.setattr(steps, "STEPS", (sick,))
    told = owlab("status")
    assert told.exit_code == 0 and "✗ ask: It does not answer." in told.output


def test_one_step_and_back(owlab: Owlab, provider: FolderProvider) -> None:
    refused = owlab("step", "3")
    assert refused.exit_code == 1 and "do 1.4 make join_workers first" in refused.output
    done = owlab("step", "1.4")
    assert done.exit_code == 0
    assert lines(done.output)[-1].startswith("1.4 make join_workers: done in ")
    assert "worker1$ touch join_workers" in done.output, "what is typed is shown"
    again = owlab("step", "k3s.join_workers")
    assert "already done, nothing to do" in lines(again.output)[-1]
    back = owlab("step", "1.4", "--undo")
    assert lines(back.output)[-1] == "1.4 make join_workers: taken back."
    assert not list(provider.root.glob("*/join_workers"))
    back = owlab("step", "1.4", "--undo")
    assert lines(back.output)[-1] == "1.4 make join_workers: there is nothing to take back."


def made_machines(owlab: Owlab, provider: FolderProvider) -> Lab:
    owlab("up", "--to", "1.4")
    lab = guided.GuidedLab.open("owlab")
    for name in ("worker1", "worker2"):
        lab.folder.add_made(name)
    return lab


def test_down_asks_and_removes_what_was_made(owlab: Owlab, provider: FolderProvider) -> None:
    made_machines(owlab, provider)
    asked = owlab("down")
    assert asked.exit_code == 2
    assert "Remove for good: worker1, worker2, with everything on them?" in asked.output
    assert "Repeat it with --yes" in asked.output
    (provider.root / "other").mkdir()
    done = owlab("down", "--yes")
    assert done.exit_code == 0
    assert [line.strip() for line in lines(done.output)[-3:]] == [
        "✓ removed machine worker2",
        "✓ removed machine worker1",
        "The lab 'owlab' is gone.",
    ]
    assert (provider.root / "other").is_dir() and not (provider.root / "worker1").exists()
    assert places.lab_names() == []


def test_down_on_machines_of_others_takes_steps_back(
    owlab: Owlab, provider: FolderProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teardown, "for_lab", lambda lab, step: step)
    monkeypatch.setattr(FolderProvider, "creates_machines", False)
    monkeypatch.setattr("owlab.guided.for_lab", lambda lab, step: step)
    owlab("up", "--to", "1.4")
    asked = owlab("down")
    assert "Take back what was installed on your machines (sections 1.4)?" in asked.output
    done = owlab("down", "--yes")
    assert done.exit_code == 0, done.output
    assert "removed 1.4 make join_workers" in done.output
    assert (provider.root / "worker1").is_dir()
    assert not list(provider.root.glob("*/join_workers"))


# -- what is shown -------------------------------------------------------------------------


@pytest.fixture
def lab(owlab: Owlab) -> Lab:
    return guided.GuidedLab.open("owlab")


def shown(lab: Lab, *events: Event, verbose: bool = False) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    with StepDisplay(lab, console, verbose) as display:
        assert display in lab.listeners
        for event in events:
            lab.emit(event)
    assert display not in lab.listeners
    assert isinstance(console.file, io.StringIO)
    return lines(console.file.getvalue())


JOIN = "k3s.join_workers"


def test_a_line_for_each_end(lab: Lab) -> None:
    assert shown(
        lab,
        Event("step-started", JOIN, "worker1"),
        Event("step-done", JOIN, "worker1", text="well\nsecond line", seconds=1.25),
        Event("step-skipped", "helm.install", "host", text="there", seconds=0.1),
        Event("step-failed", JOIN, "worker2", text="", seconds=2),
    ) == [
        " ✓ 1.4  join the workers to the cluster [worker1]  1.2 s  well",
        " · 3    install Helm  already done  there",
        " ✗ 1.4  join the workers to the cluster [worker2]  2.0 s",
    ]


def test_output_is_named_where_several_speak(lab: Lab) -> None:
    def output(text: str, step: str = JOIN) -> Event:
        return Event("command-output", step, "worker1", text=text)

    start = Event("step-started", JOIN, "worker1"), Event("step-started", JOIN, "worker2")
    assert shown(lab, start[0], output("a\nb\x1b[2J\n"), verbose=True) == ["a", "b�[2J"]
    assert shown(lab, *start, output("a\n"), verbose=True) == ["worker1: a"]
    assert shown(lab, start[0], output("a\n")) == []
    assert shown(lab, output("a\n", step=""), verbose=True) == []


def test_commands_are_shown_on_request(lab: Lab) -> None:
    typed = Event("command-started", JOIN, "worker1", command="one\ntwo")
    other = Event("command-started", "", "worker1", command="three")
    assert shown(lab, typed, other, verbose=True) == ["worker1$ one", "two"]
    assert shown(lab, typed, other) == []


def test_what_runs_stands_below(lab: Lab) -> None:
    display = StepDisplay(lab, Console(file=io.StringIO(), width=80))
    assert display._below().plain == ""
    display(Event("step-started", JOIN, "worker1"))
    display(Event("step-started", JOIN, "worker2"))
    assert display._below().plain.count("checking") == 2
    display(Event("command-started", JOIN, "worker1", command="apt-get\nmore"))
    first, second = display._below().plain.splitlines()
    assert "apt-get" in first and "checking" in second and len(first) <= 79
    # What is typed on the master belongs to every unit of the step.
    display(Event("step-waiting", JOIN, "master", text="not Ready"))
    assert display._below().plain.count("not Ready") == 2
    display(Event("step-done", JOIN, "worker1", seconds=1))
    assert len(display._below().plain.splitlines()) == 1


def test_evidence_is_a_table() -> None:
    console = Console(file=io.StringIO(), width=100)
    good, bad = Evidence("a [b]", True, "fine"), Evidence("c", False, "gone")
    console.print(evidence_table([("1.4", "join", Check((good, bad))), ("3", "helm", Check(()))]))
    assert isinstance(console.file, io.StringIO)
    assert lines(console.file.getvalue()) == [
        "   step       evidence",
        "✗  1.4  join  a [b]: fine",
        "              ✗ c: gone",
        "✗  3    helm  not done",
    ]


# -- before anything is started ------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "force", "shown_", "refused"),
    [
        (("ok",), False, [], False),
        (("ok", "warn"), False, ["1"], False),
        (("fail", "warn", "ok"), False, ["0", "1"], True),
        (("fail",), True, ["0"], False),
    ],
)
def test_what_stands_in_the_way(
    lab: Lab,
    provider: FolderProvider,
    monkeypatch: pytest.MonkeyPatch,
    verdicts: tuple[Any, ...],
    force: bool,
    shown_: list[str],
    refused: bool,
) -> None:
    found = [Diagnostic(str(n), verdict, "seen", "do it") for n, verdict in enumerate(verdicts)]
    monkeypatch.setattr(provider, "examine", lambda config: found)
    console = Console(file=io.StringIO(), width=100)
    try:
        examination.before_launching(lab, console, force)
        assert not refused
    except ProviderError as error:
        assert refused
        assert error.details == "0: seen"
        assert error.resolution.splitlines()[0] == "do it" and "--force" in error.resolution
    assert isinstance(console.file, io.StringIO)
    rows = lines(console.file.getvalue())[1:]
    assert [row.split()[1] for row in rows] == shown_
    lab.folder.add_made("master")
    examination.before_launching(lab, console, False)


def test_how_long_it_takes_is_always_told(
    lab: Lab, provider: FolderProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "examine", lambda config: [Diagnostic("time", "ok", "an hour")])
    console = Console(file=io.StringIO(), width=100)
    examination.before_launching(lab, console)
    assert isinstance(console.file, io.StringIO)
    assert "an hour" in console.file.getvalue()


# -- errors, hints, labs -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [(LabError("b", "one\ntwo", "try `owlab up`"), 1), (ConfigError("b"), 2),
     (CheckFailed("b", resolution="again"), 1)],
)  # fmt: skip
def test_how_a_failure_is_shown(
    error: LabError, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        fail(error, "night")
    assert left.value.code == status
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "error: b"
    if error.details:
        assert told[1:] == ["  one", "  two", "try `owlab up --lab night`"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\tb\n", "a\tb\n"),
        ("\x1b[31mred", "�[31mred"),
        ("a\rb", "a�b"),
        ("x\x00\x7f\x9b\u202e\u2066", "x�����"),
    ],
)
def test_text_of_others(text: str, wanted: str) -> None:
    assert plain(text) == wanted


def test_the_last_setting_that_is_said_counts() -> None:
    said = (("k3s.version", "1"), ("workers", "2"), ("workers", "3"))
    assert overrides(None, said) == {"k3s_version": "1", "workers": "3"}
    assert overrides("ssh", (("provider", "pocket"),)) == {"provider": "ssh"}


def test_the_usual_lab_need_not_be_there(owlab: Owlab) -> None:
    known_lab("owlab")
    with pytest.raises(ConfigError) as refused:
        known_lab("other")
    assert refused.value.details == "Labs: none."
    assert owlab("labs").output == "No labs yet. Make one with `owlab up`.\n"


def test_a_damaged_lab_is_listed(owlab: Owlab) -> None:
    folder = places.lab_directory("sick")
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("- 1\n")
    assert owlab("labs").output == (
        "sick  damaged    The file config.yaml of the lab 'sick' cannot be read.\n"
    )


@pytest.mark.parametrize(("verdict", "status"), [("ok", 0), ("warn", 0), ("fail", 1)])
def test_the_doctors_verdict(
    owlab: Owlab, provider: FolderProvider, monkeypatch: pytest.MonkeyPatch, verdict: Any,
    status: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(provider, "examine", lambda config: [Diagnostic("x", verdict, "seen")])
    asked: list[Any] = []

    def examine(config: Any) -> list[Diagnostic]:
        asked.append(config)
        return []

    monkeypatch.setattr("owlab.online.examine", examine)
    done = owlab("doctor")
    assert done.exit_code == status and "x" in done.output and not asked
    assert "Python" in done.output and "system" in done.output
    owlab("doctor", "--online")
    assert asked


def test_what_is_newer(owlab: Owlab, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> str:
        raise NoAnswer("no network")

    monkeypatch.setattr(
        "owlab.online.newest", lambda: {"k3s_version": lambda: "v9.9.9", "wsk_version": lost}
    )
    assert inspect._newest() == {"k3s_version": "v9.9.9", "wsk_version": "? no network"}
    plainly, checked = owlab("versions"), owlab("versions", "--check")
    assert "k3s_version" in plainly.output and "  newest  " not in plainly.output
    assert (
        "  newest  " in checked.output and "v9.9.9" in checked.output and "? no" in checked.output
    )
