"""The wiring of one pocket lab: database, clock, machines, cluster, OpenWhisk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from owlab.pocket.clock import Clock, Speed
from owlab.pocket.database import Database

if TYPE_CHECKING:
    from owlab.pocket.vm import Machine


class Lab:
    """Everything of one lab. Programs reach it as ``call.lab``."""

    def __init__(self, directory: Path, speed: Speed = "instant") -> None:
        self.directory = directory
        self.clock = Clock(speed)
        self.db = Database(directory / "lab.sqlite")

    def keep(self, machine: Machine) -> None:
        """Make a machine's files and state durable."""
