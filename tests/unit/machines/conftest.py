"""Multipass' stand-in as the ``multipass`` of this process, and the provider on it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from owlab.config import LabConfig
from owlab.machines.multipass import MultipassProvider
from owlab.shell import Shell
from tests.standins import MultipassStandin, multipass_standin

Make = Callable[..., MultipassStandin]


@pytest.fixture
def make(tmp_path, monkeypatch) -> Make:
    def build(era: str = "1.17", **more: Any) -> MultipassStandin:
        standin = multipass_standin(tmp_path / "standin", era, **more)
        monkeypatch.setenv("PATH", f"{standin.binary.parent}{os.pathsep}{os.environ['PATH']}")
        return standin

    return build


@pytest.fixture
def standin(make: Make) -> MultipassStandin:
    """In today's era."""
    return make()


@pytest.fixture(params=["1.16", "1.17"])
def multipass(request, make: Make) -> MultipassStandin:
    """In both eras."""
    return make(request.param)


@pytest.fixture
def provider() -> MultipassProvider:
    return MultipassProvider(Shell(), patience=2, pause=0.02)


@pytest.fixture
def master():
    return LabConfig().machines[0]
