"""Machines to type on."""

from tests.pocket.programs.conftest import lab, master, on

__all__ = ["lab", "master", "on"]
