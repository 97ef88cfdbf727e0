"""JupyterLab and kernels start without what costs much; everything else is there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from owlab import light_start
from owlab.notebook import startup


@pytest.mark.parametrize("module", light_start.WITHOUT)
def test_a_module_runs_as_ever_without_its_costly_parts(module: str, tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*module.split("."))
    folder.mkdir(parents=True)
    for part in (folder, *folder.parents):
        if part == tmp_path:
            break
        (part / "__init__.py").touch()
    (folder / "__main__.py").write_text(
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n"
        "        importlib.import_module(name)\n"
        "        print(name, 'is there')\n"
        "    except ImportError:\n"
        "        print(name, 'is not there')\n"
        "print(__name__, sys.argv[0].endswith('__main__.py'))"
    )
    words = [
        sys.executable,
        "-m",
        "owlab.light_start",
        module,
        *light_start.WITHOUT[module],
        "json",
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    without = [f"{name} is not there" for name in light_start.WITHOUT[module]]
    assert done.stdout.splitlines() == [*without, "json is there", "__main__ True"], done.stderr


def test_what_is_left_out_is_optional_to_those_who_import_it() -> None:
    line = (
        "import sys; sys.modules.update(rfc3987_syntax=None, debugpy=None)\n"
        "import jupyterlab.labapp, ipykernel.kernelapp, ipykernel.debugger, nbformat\n"
        "print(ipykernel.debugger._is_debugpy_available)"
    )
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n", done.stderr


def test_jupyterlab_asks_neither_for_news_nor_for_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a default that users may change: nothing pops up, and nothing is asked of the internet."""
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    for name, value in startup.environment().items():
        monkeypatch.setenv(name, value)
    line = (
        "from jupyterlab_server.config import ConfigManager as Manager\n"
        "import json; known = Manager(config_dir_name='labconfig')\n"
        "found = known.get('default_setting_overrides')\n"
        "print(json.dumps(found['@jupyterlab/apputils-extension:notification']))"
    )
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout) == {"checkForUpdates": False, "fetchNews": "false"}, done.stderr


def test_the_kernel_is_found_before_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PATH", "/mine")
    first, *rest = startup.environment()["JUPYTER_PATH"].split(":")
    assert rest == ["/mine"]
    spec = json.loads((Path(first) / "kernels" / "python3" / "kernel.json").read_text("utf-8"))
    assert spec["argv"][:4] == ["python", "-m", "owlab.light_start", "ipykernel_launcher"]
    assert spec["metadata"]["debugger"] is False, "JupyterLab offers what there is"


def test_a_terminal_of_jupyterlab_finds_owlab(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nobody activated the environment: make lab calls it by its path."""
    monkeypatch.setenv("PATH", "/usr/bin")
    found = shutil.which("owlab", path=startup.environment()["PATH"])
    assert found == str(Path(sys.executable).parent / "owlab")
    assert startup.environment()["PATH"].endswith(":/usr/bin")
