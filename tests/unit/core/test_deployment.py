"""What a class is deployed with agrees with the project: image, values, Binder."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

import owlab
from owlab.batch.course import find_notebooks

ROOT = Path(owlab.__file__).parent.parent


def values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "jupyterhub.yaml").read_text("utf-8"))
    return found


def instructions() -> list[tuple[str, str]]:
    """The image's build, line by line."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Containerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_everything_that_the_image_copies_is_there_and_reaches_its_build() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if "!" in line}
    for word, rest in instructions():
        if word == "COPY" and "--from" not in rest:
            for source in shlex.split(rest)[:-1]:
                assert (ROOT / source).exists(), source
                assert source in let_in, f"{source} does not reach the build"
        assert word in {"ARG", "FROM", "WORKDIR", "RUN", "COPY", "ENV", "USER", "EXPOSE"} | {
            "ENTRYPOINT",
            "CMD",
        }


def test_the_image_brings_its_bytecode() -> None:
    """Its user cannot write it, and Python would compile everything at each start."""
    runs = [rest for word, rest in instructions() if word == "RUN"]
    compiled = next(n for n, rest in enumerate(runs) if "-m compileall" in rest)
    last_change = max(
        n for n, rest in enumerate(runs) if "pip install" in rest or "slim.py" in rest
    )
    assert compiled > last_change
    assert not [rest for word, rest in instructions() if "PYTHONDONTWRITEBYTECODE" in rest]


def test_the_image_runs_as_the_user_that_the_hub_expects() -> None:
    users = [rest for word, rest in instructions() if word == "USER"]
    assert users == [str(values()["singleuser"]["uid"])]
    home = values()["singleuser"]["storage"]["homeMountPath"]
    settings = " ".join(rest for word, rest in instructions() if word == "ENV")
    assert f"OWLAB_HOME={home}/" in settings, "labs stay when a server ends"
    assert f"OWLAB_NOTEBOOKS={home}/" in settings


def test_the_hub_starts_what_the_image_has() -> None:
    single = values()["singleuser"]
    assert single["cmd"] == ["owlab", "lab"]
    assert single["image"]["tag"] == owlab.__version__
    first = find_notebooks(ROOT / "notebooks")[0]
    assert single["defaultUrl"] == f"/lab/tree/{first.path.name}"


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_binders_scripts_can_be_run(name: str) -> None:
    path = ROOT / ".binder" / name
    assert path.stat().st_mode & 0o111
    assert path.read_text().startswith("#!/bin/bash\n")


def test_binder_has_the_packages_of_the_lock_file_and_a_python_that_owlab_takes() -> None:
    lines = (ROOT / ".binder" / "requirements.txt").read_text().splitlines()
    (included,) = [line.split()[1] for line in lines if line.startswith("-r")]
    assert (ROOT / ".binder" / included).resolve() == ROOT / "locks" / "lab.txt"
    wanted = re.fullmatch(r"python-3\.(\d+)\n", (ROOT / ".binder" / "runtime.txt").read_text())
    assert wanted is not None
    assert int(wanted[1]) >= 11
