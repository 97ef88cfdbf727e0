"""The command line, as far as it goes without starting a machine."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from owlab import places
from owlab.cli import COMMANDS, main, suggestions
from owlab.cli.notebooks import _USUAL, _of_jupyterlab
from owlab.cli.shared_options import hint
from owlab.lab_folder import LabFolder

Owlab = Callable[..., Result]


@pytest.fixture
def owlab(tmp_path, monkeypatch) -> Owlab:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("OWLAB_LAB", raising=False)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    return run


def built(name: str, **settings: object) -> None:
    """A lab whose settings may not change any more."""
    folder = LabFolder(places.lab_directory(name))
    folder.write_settings({"provider": "pocket", **settings})
    folder.add_made("master")


@pytest.mark.parametrize("command", ["status", "check", "kubeconfig", "wskprops", "reset"])
def test_a_misspelt_lab_is_not_made(owlab: Owlab, command: str) -> None:
    built("class")
    done = owlab(command, "--lab", "clas")
    assert done.exit_code == 2
    assert "There is no lab 'clas'" in done.output
    assert "Labs: class" in done.output
    assert places.lab_names() == ["class"]


def test_looking_may_suppose_other_settings(owlab: Owlab) -> None:
    built("owlab")
    done = owlab("script", "--provider", "multipass", "--set", "workers", "3")
    assert done.exit_code == 0
    assert "--name worker3" in done.output
    refused = owlab("up", "--set", "workers", "3")
    assert refused.exit_code == 2
    assert "exists with other settings" in refused.output


def test_notebooks_do_not_run_on_a_cluster_without_machines(owlab: Owlab) -> None:
    given = ("--set", "cluster_kubeconfig", "kc", "--set", "cluster_nodes", "a,b")
    done = owlab("run", "--provider", "cluster", *given)
    assert done.exit_code == 2
    assert "The notebooks type on machines" in done.output
    assert "owlab up --provider cluster" in done.output


def test_a_section_that_the_guide_does_not_have(owlab: Owlab) -> None:
    done = owlab("up", "--to", "6.9")
    assert done.exit_code == 2
    assert "no section 6.9" in done.output


def test_a_setting_that_is_said_twice(owlab: Owlab, tmp_path: Path) -> None:
    file = tmp_path / "twice.yaml"
    file.write_text("workers: 3\nworkers: 4\n")
    done = owlab("config", "--config", str(file))
    assert done.exit_code == 2
    assert "workers is set twice" in done.output
    assert "line 2" in done.output


def test_a_bad_name_is_explained_in_words(owlab: Owlab) -> None:
    done = owlab("config", "--lab", "My Lab")
    assert "a letter, then letters, digits, hyphens" in done.output


def test_the_names_of_settings_stay_whole(owlab: Owlab) -> None:
    done = owlab("config", "--defaults")
    assert "provisioner_leader_election" in done.output


def test_labs_are_listed_with_what_they_are(owlab: Owlab) -> None:
    built("b", provider="multipass")
    built("a")
    assert owlab("labs").output == "a  pocket     master\nb  multipass  master\n"


def test_hints_name_the_lab() -> None:
    text = "Run `owlab up --to 5` or `owlab status`; owlab goto 5 --lab x stays."
    assert hint(text, "owlab") == text
    told = hint(text, "night")
    assert "`owlab up --lab night --to 5`" in told
    assert "`owlab status --lab night`" in told
    assert told.endswith("owlab goto 5 --lab x stays.")


def test_removing_a_lab_that_was_never_made(owlab: Owlab) -> None:
    done = owlab("down", "--lab", "never", "--yes")
    assert done.exit_code == 0
    assert done.output == "There is no lab 'never'; nothing to do.\n"
    assert places.lab_names() == []


def test_the_notebooks_open_for_the_lab_that_is_named(tmp_path: Path) -> None:
    # A JupyterLab that only says what it was given.
    (tmp_path / "jupyterlab.py").write_text(
        "import os, sys; print(os.getpid(), os.environ['OWLAB_LAB'], *sys.argv[1:])"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OWLAB_HOME": str(tmp_path)}
    words = [sys.executable, "-m", "owlab", "lab", "--lab", "class", "--port=9999"]
    process = subprocess.Popen(
        [*words, "--folder", str(tmp_path / "mine")],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    last = said.splitlines()[-1]
    assert last.startswith(f"{process.pid} class --notebook-dir={tmp_path / 'mine'} ")
    assert "--port=9999" in last
    assert last.endswith("mine/00-start-here.ipynb")
    assert (tmp_path / "mine" / "07-functions.ipynb").is_file()


def test_started_by_a_jupyterhub_it_is_the_server_of_one_user(tmp_path: Path) -> None:
    (tmp_path / "jupyterhub").mkdir()
    (tmp_path / "jupyterhub" / "__init__.py").touch()
    (tmp_path / "jupyterhub" / "singleuser.py").write_text(
        "import os, sys; print(os.getpid(), os.environ['OWLAB_LAB'], *sys.argv[1:])"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "OWLAB_HOME": str(tmp_path),
        "OWLAB_NOTEBOOKS": str(tmp_path / "mine"),
        "JUPYTERHUB_SERVICE_PREFIX": "/user/ann/",
    }
    done = subprocess.run(
        [sys.executable, "-m", "owlab", "lab", "--port=9999"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split()[1:] == [
        "owlab",
        f"--ServerApp.root_dir={tmp_path / 'mine'}",
        "--ServerApp.default_url=/lab/tree/00-start-here.ipynb",
        "--port=9999",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("up --workerz", "There is no option --workerz. Did you mean --set workers?"),
        ("up --workers 3", "There is no option --workers. Did you mean --set workers?"),
        (
            "status --openwhisk-port 3",
            "There is no option --openwhisk-port. Did you mean --set openwhisk_port?",
        ),
        ("up --forse", "There is no option --forse. Did you mean --force?"),
        ("undo --workers", "There is no option --workers."),  # it takes no settings
        ("up --xyzzy", "There is no option --xyzzy."),
        ("up -z", "There is no option -z."),
        ("--hlep", "There is no option --hlep. Did you mean --help?"),
        ("incidnts", "There is no command incidnts. Did you mean incidents?"),
        ("frobnicate", "There is no command frobnicate."),
    ],
)
def test_what_is_mistyped_gets_a_close_guess_or_none(owlab: Owlab, line: str, said: str) -> None:
    done = owlab(*line.split())
    assert done.exit_code == 2
    assert done.output.splitlines()[-1] == f"Error: {said}"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("--langauge=zh", "There is no option --langauge. Did you mean --language?"),
        ("--langauge", "There is no option --langauge. Did you mean --language?"),
        ("--foldr", "There is no option --foldr. Did you mean --folder?"),
        ("--labs", "There is no option --labs. Did you mean --lab?"),
        ("--workers=3", "--workers is chosen in notebook 00, or with `owlab up`."),
        ("--provider", "--provider is chosen in notebook 00, or with `owlab up`."),
        ("--prot=9999", "There is no option --prot. Did you mean --port?"),
        ("--lbas", "There is no option --lbas."),
    ],
)
def test_what_goes_to_jupyterlab_was_not_meant_for_us(owlab: Owlab, word: str, said: str) -> None:
    done = owlab("lab", word, "zh")
    assert done.exit_code == 2
    assert done.output.splitlines()[-1] == f"Error: {said}"


def lab_command() -> click.Context:
    return click.Context(main.get_command(click.Context(main), "lab") or main)


def test_jupyterlabs_own_options_pass_also_those_that_are_close_to_ours() -> None:
    own = _of_jupyterlab()
    assert {"--port", "--help-all", "--no-browser"} <= own
    assert set(_USUAL) <= own
    words = [*own, "--ServerApp.langauge=x", "-y", "--port=9999", "--", "some.ipynb"]
    suggestions.refuse_misspelt(lab_command(), words, _USUAL, _of_jupyterlab)


def test_the_usual_ones_need_no_look_at_jupyterlab() -> None:
    def never() -> set[str]:
        raise AssertionError("a second for each start")

    words = [*_USUAL, "--port=1", "--ServerApp.token=x"]
    suggestions.refuse_misspelt(lab_command(), words, _USUAL, never)


def test_in_a_hub_only_what_is_close_to_ours_is_refused() -> None:
    suggestions.refuse_misspelt(lab_command(), ["--group=x", "--disable-user-config"], (), None)
    with pytest.raises(click.UsageError, match="Did you mean --language"):
        suggestions.refuse_misspelt(lab_command(), ["--langauge=x"], (), None)


def test_every_command_guesses_alike(owlab: Owlab) -> None:
    """For each option of each command: what shares half of its letters is no guess."""
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        if command.context_settings.get("ignore_unknown_options"):
            continue
        for option in ("--workerz", "--qqq", "--fourteen"):
            guess = owlab(name, option).output.splitlines()[-1].partition("Did you mean ")[2]
            for word in re.findall(r"--\w[\w-]*", guess.replace("--set workers", "")):
                ratio = difflib.SequenceMatcher(None, option, word).ratio()
                assert ratio >= 0.75, f"{name} {option}: {guess}"


def test_a_guess_is_made_in_chinese(owlab: Owlab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWLAB_LANG", "zh")
    assert "没有选项 --workerz。你是不是想输入 --set workers？" in owlab("up", "--workerz").output
