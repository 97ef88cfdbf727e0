"""``owlab lab`` and ``owlab notebooks``: what they copy, say and become."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from owlab.cli import main, notebooks
from owlab.notebook.copies import Copies
from tests.unit.batch.conftest import write_notebook


class Became(Exception):
    """This process is another program now."""


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "course"
    (made / "pictures").mkdir(parents=True)
    for name in ("00-start-here", "03-helm"):
        write_notebook(made / f"{name}.ipynb", ("code", "as it was"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "labs"))
    for name in ("OWLAB_NOTEBOOKS", "OWLAB_LAB", "JUPYTERHUB_SERVICE_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(notebooks, "_copies", lambda folder: Copies(folder.absolute(), made))
    return made


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    seen: list[tuple[list[str], dict[str, str]]] = []

    def become(program: str, words: list[str], environment: dict[str, str]) -> None:
        assert program == sys.executable
        seen.append((words, environment))
        raise Became

    monkeypatch.setattr("os.execve", become)
    return seen


def owlab(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


Seen = list[tuple[list[str], dict[str, str]]]


@pytest.mark.parametrize(
    ("words", "others"),
    [((), []), (("--port", "9999"), ["--port", "9999"]), (("--no-browser",), ["--no-browser"])],
)
def test_jupyterlab_takes_this_process(
    course: Path, became: Seen, tmp_path: Path, words: tuple[str, ...], others: list[str]
) -> None:
    folder = tmp_path / "mine"
    done = owlab("lab", "--lab", "a", "--folder", str(folder), *words)
    assert isinstance(done.exception, Became)
    ((argv, environment),) = became
    assert argv == [
        *(sys.executable, "-m", "owlab.light_start", "jupyterlab", f"--notebook-dir={folder}"),
        *(*others, str(folder / "00-start-here.ipynb")),
    ]
    assert environment["OWLAB_LAB"] == "a"
    assert environment["PYTHONSTARTUP"].endswith("startup.py")
    assert done.stdout.splitlines() == [
        f"Your notebooks: {folder}",
        "JupyterLab opens in your browser. Ctrl-C ends it; the lab goes on.",
    ]
    assert (folder / "03-helm.ipynb").exists()


def test_a_hub_starts_the_server_of_one_user(
    course: Path, became: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/a/")
    folder = tmp_path / "mine"
    done = owlab("lab", "--folder", str(folder), "--SingleUserServer.x=1")
    assert isinstance(done.exception, Became)
    ((argv, _environment),) = became
    assert argv[3:] == [
        "jupyterhub.singleuser",
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.default_url=/lab/tree/00-start-here.ipynb",
        "--SingleUserServer.x=1",
    ]
    assert "browser" not in done.stdout


def test_misspelt_options_start_nothing(course: Path, became: Seen, tmp_path: Path) -> None:
    done = owlab("lab", "--folder", str(tmp_path / "mine"), "--prot", "1")
    assert done.exit_code == 2 and "Did you mean --port?" in done.output
    assert became == [] and not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("variable", "place"),
    [(None, "home/owlab-notebooks"), ("", "home/owlab-notebooks"), ("said", "said")],
)
def test_where_the_copies_are(
    course: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str | None,
    place: str,
) -> None:
    if variable is not None:
        monkeypatch.setenv("OWLAB_NOTEBOOKS", variable and str(tmp_path / variable))
    done = owlab("notebooks")
    assert done.stdout.splitlines() == ["Nothing is new.", f"Your notebooks: {tmp_path / place}"]
    assert (tmp_path / place / "00-start-here.ipynb").exists()


def test_news_and_restored_notebooks(course: Path, tmp_path: Path) -> None:
    folder = str(tmp_path / "mine")
    owlab("notebooks", "--folder", folder)
    write_notebook(course / "03-helm.ipynb", ("code", "newer"))
    news = owlab("notebooks", "--folder", folder)
    assert news.stdout.splitlines()[0] == (
        "03-helm.ipynb: a new version; you had written nothing in it."
    )
    back = owlab("notebooks", "--folder", folder, "--restore", "3")
    assert back.stdout.splitlines()[0] == "03-helm.ipynb is as new."
    none = owlab("notebooks", "--folder", folder, "--restore", "/etc")
    assert none.exit_code == 2 and "There is no notebook /etc." in none.output


@pytest.mark.parametrize("command", ["lab", "notebooks"])
def test_a_file_is_no_folder(course: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("mine")
    done = owlab(command, "--folder", str(tmp_path / "file"))
    assert done.exit_code == 2
    assert "is a file" in done.output
    assert (tmp_path / "file").read_text() == "mine"
