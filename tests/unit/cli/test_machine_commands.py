"""``owlab exec``, ``owlab shell``, ``owlab run``: what they hand on, and what they say before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from owlab import places
from owlab.batch import run as batch_run
from owlab.batch.run import RunOptions
from owlab.cli import batch, main
from owlab.errors import ProviderError
from owlab.lab import Lab
from owlab.lab_folder import LabFolder
from owlab.machines import pocket_terminal
from owlab.machines.pocket import PocketProvider

Owlab = Callable[..., Result]
Asked = list[tuple[Any, ...]]


@pytest.fixture
def owlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Owlab:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    for name in ("OWLAB_LAB", "OWLAB_CONFIG", "OWLAB_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OWLAB_LANG", "en")  # and so again after a line that chooses another one
    return lambda *words: CliRunner().invoke(main, list(words))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What a lab's service, or a provider, was asked; each answers with a status of its own."""
    found: Asked = []

    def answers(name: str, status: int | None) -> Callable[..., int | None]:
        def noted(*words: Any) -> int | None:
            found.append((name, *words[1:]))
            return status

        return noted

    monkeypatch.setattr(pocket_terminal, "ensure", lambda folder: None)
    monkeypatch.setattr(pocket_terminal, "attach", answers("service", 7))
    monkeypatch.setattr(PocketProvider, "prepare", lambda self, config: None)
    monkeypatch.setattr(PocketProvider, "attach", answers("attach", 5))
    monkeypatch.setattr(PocketProvider, "terminal", answers("terminal", 3))
    return found


def started(name: str = "owlab") -> Path:
    """A pocket lab that once ran."""
    folder = LabFolder(places.lab_directory(name))
    folder.write_settings({"name": name, "provider": "pocket"})
    (folder.directory / "pocket").mkdir()
    return folder.directory


NEW = "(the lab 'owlab' is new)\n"


@pytest.mark.parametrize(
    ("words", "wanted", "status", "said"),
    [
        ("exec master -- echo a b", ("attach", "master", "echo a b"), 5, NEW),
        ("exec master echo -n b", ("attach", "master", "echo -n b"), 5, NEW),
        ("exec host", ("attach", "host", None), 5, NEW),
        ("shell", ("terminal", "host"), 3, NEW),
        ("shell worker1", ("terminal", "worker1"), 3, NEW),
    ],
)
def test_a_lab_that_is_not_there_yet_is_new(
    owlab: Owlab, asked: Asked, words: str, wanted: tuple[Any, ...], status: int, said: str
) -> None:
    done = owlab(*words.split())
    assert (asked, done.exit_code, done.output) == ([wanted], status, said)
    started()
    assert owlab("shell").output == "", "and then it is not new any more"


@pytest.mark.parametrize("command", ["exec", "shell"])
def test_a_misspelt_machine_is_refused_before_anything_starts(
    owlab: Owlab, asked: Asked, command: str
) -> None:
    done = owlab(command, "mastre", "--lab", "night")
    assert done.exit_code == 2
    assert "mastre" in done.output.splitlines()[0]
    assert "worker1" in done.output
    assert (asked, places.lab_names()) == ([], [])


@pytest.mark.parametrize(
    ("more", "environment", "service"),
    [
        ((), {}, True),
        ((), {"OWLAB_LANG": "en", "OWLAB_SILENCE": "9"}, True),
        (("--provider", "pocket"), {}, False),
        (("--set", "workers", "2"), {}, False),
        (("--config", "lab.yaml"), {}, False),
        ((), {"OWLAB_WORKERS": "2"}, False),
        ((), {"OWLAB_CONFIG": "lab.yaml"}, False),
    ],
)
def test_a_lab_that_runs_is_asked_at_once_unless_settings_are_said(
    owlab: Owlab,
    asked: Asked,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: tuple[str, ...],
    environment: dict[str, str],
    service: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lab.yaml").write_text("workers: 2\n")
    started()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = owlab("exec", *more, "master", "--", "hostname")
    wanted = ("service", "master", "hostname") if service else ("attach", "master", "hostname")
    assert (asked, done.exit_code, done.output) == ([wanted], 7 if service else 5, "")


@pytest.mark.parametrize(
    ("machine", "status", "said"),
    [("master", 1, "error: it has gone"), ("mastre", 2, "error: The lab has no machine 'mastre'.")],
)
def test_a_service_that_refuses_and_a_machine_that_is_misspelt(
    owlab: Owlab, monkeypatch: pytest.MonkeyPatch, machine: str, status: int, said: str
) -> None:
    started()

    def gone(folder: Path) -> None:
        raise ProviderError(brief="it has gone")

    monkeypatch.setattr(pocket_terminal, "ensure", gone)
    done = owlab("exec", machine, "true")
    assert done.exit_code == status
    assert done.output.startswith(said)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, asked: Asked) -> list[RunOptions]:
    """What a run of the notebooks was given; it ends with 9."""
    found: list[RunOptions] = []

    def run(options: RunOptions) -> SimpleNamespace:
        found.append(options)
        return SimpleNamespace(exit_code=9)

    def launching(lab: Lab, console: object, force: bool) -> None:
        asked.append(("launching", force))

    def down(lab: Lab) -> list[str]:
        asked.append(("down", lab.config.name))
        return []

    monkeypatch.setattr(batch_run, "run_course", run)
    monkeypatch.setattr(batch, "before_launching", launching)
    monkeypatch.setattr("owlab.guided.GuidedLab.down", down)
    return found


def test_a_run_is_given_what_was_said(owlab: Owlab, ran: list[RunOptions], tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text("workers: 2\n")
    line = "run --lab night --from 05 --to 6 --language zh --out elsewhere"
    done = owlab(*line.split())
    assert done.exit_code == 9
    more = ("--set", "openwhisk.port", "31000", "--set", "solve", "no", "--config", str(file))
    owlab("run", "--resume", "--notebooks", str(tmp_path), "--provider", "pocket", *more)
    assert ran == [
        RunOptions({"lab_name": "night"}, 5, 6, out=Path("elsewhere"), language="zh"),
        RunOptions(
            {"openwhisk_port": "31000", "solve": "no", "provider": "pocket", "lab_name": "owlab"},
            resume=True,
            notebooks=tmp_path,
            config_file=file,
        ),
    ]


@pytest.mark.parametrize(
    ("words", "asked_for"),
    [
        ("", [("launching", False)]),
        ("--force", [("launching", True)]),
        ("--new", [("down", "owlab"), ("launching", False)]),
        ("--new --resume", [("launching", False)]),
        ("--new --provider ssh", [("launching", False)]),
    ],
)
def test_what_happens_before_a_run(
    owlab: Owlab, ran: list[RunOptions], asked: Asked, words: str, asked_for: Asked
) -> None:
    started()
    owlab("run", *words.split())
    assert (asked, len(ran)) == (asked_for, 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--from x", "'x' is not a notebook's number, such as 05."),
        ("--from -1", "notebooks are numbered from 00 to 11."),
        ("--to 12", "notebooks are numbered from 00 to 11."),
        ("--notebooks nowhere", "Directory 'nowhere' does not exist."),
        ("--notebooks {file}", "is a file."),
        ("--out {file}", "is a file."),
    ],
)
def test_a_run_that_cannot_be(
    owlab: Owlab, ran: list[RunOptions], tmp_path: Path, words: str, said: str
) -> None:
    file = tmp_path / "file"
    file.touch()
    done = owlab("run", *words.format(file=file).split())
    assert (done.exit_code, ran) == (2, [])
    assert done.output.splitlines()[-1].endswith(said)


@pytest.mark.parametrize("number", [0, 11])
def test_the_first_and_the_last_notebook(owlab: Owlab, ran: list[RunOptions], number: int) -> None:
    assert owlab("run", "--from", f"{number:02}", "--to", str(number)).exit_code == 9
    assert (ran[0].first, ran[0].last) == (number, number)
