"""Section 1.1 on a computer without Multipass: nothing that would wait for a password."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from owlab import Lab
from owlab.errors import ProviderError
from owlab.machines.multipass_errors import DaemonUnreachable
from owlab.steps import vms


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only programs of this computer."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "env"):
        (folder / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    return folder


def add(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!{os.path.realpath(folder / 'bash')}\n{script}\n")
    (folder / name).chmod(0o755)


def test_without_snap(programs: Path) -> None:
    with pytest.raises(ProviderError, match="no snap here") as caught:
        vms.install_provider(Lab.open("new", provider="multipass"))
    assert "brew install --cask multipass" in caught.value.resolution


def test_where_sudo_asks_for_a_password(programs: Path) -> None:
    add(programs, "snap", "exit 0")
    add(programs, "sudo", "exit 1")
    with pytest.raises(ProviderError, match="sudo asks for a password") as caught:
        vms.install_provider(Lab.open("new", provider="multipass"))
    assert "Type `sudo snap install multipass` yourself" in caught.value.resolution


def test_it_is_installed(programs: Path) -> None:
    add(programs, "snap", "exit 0")
    add(programs, "new", """echo '{"multipass": "1.17.0", "multipassd": "1.17.0"}'""")
    move = shutil.which("mv", path=os.defpath)
    add(programs, "sudo", f'[ "$1" = -n ] || {move} {programs}/new {programs}/multipass')
    assert vms.install_provider(Lab.open("new", provider="multipass")).changed


def test_a_service_that_is_down_is_not_installed_again(programs: Path) -> None:
    """The client answers without it, and with 0."""
    add(programs, "multipass", """echo '{"multipass": "1.17.0"}'""")
    add(programs, "snap", "exit 0")
    add(programs, "sudo", f"touch {programs}/typed")
    lab = Lab.open("new", provider="multipass")
    assert not vms.install_provider.state(lab).done
    with pytest.raises(DaemonUnreachable, match="sudo snap start multipass"):
        vms.install_provider(lab)
    assert not (programs / "typed").exists()
