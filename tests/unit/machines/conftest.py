"""Multipass' stand-in as the ``multipass`` of this process, and the provider on it."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from owlab.config import LabConfig
from owlab.machines.multipass import MultipassProvider
from owlab.shell import Shell
from tests.standins import MultipassStandin, multipass_standin


@pytest.fixture
def make(tmp_path, monkeypatch) -> Callable[..., MultipassStandin]:
    def build(era: str = "1.17", **more: object) -> MultipassStandin:
        standin = multipass_standin(tmp_path / "standin", era, **more)
        monkeypatch.setenv("PATH", f"{standin.binary.parent}{os.pathsep}{os.environ['PATH']}")
        return standin

    return build


@pytest.fixture
def standin(make) -> MultipassStandin:
    """In today's era."""
    return make()


@pytest.fixture(params=["1.16", "1.17"])
def multipass(request, make) -> MultipassStandin:
    """In both eras."""
    return make(request.param)


@pytest.fixture
def provider() -> MultipassProvider:
    return MultipassProvider(Shell(), patience=2, pause=0.02)


@pytest.fixture
def master():
    return LabConfig().machines[0]
