"""Requests to the control API of a lab without machines: its clients may be anybody's."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from owlab.pocket.service.control_api import control_app
from owlab.pocket.service.lab import PocketLab
from owlab.pocket.service.runs import RunInput

from .harness import Findings, fuzz
from .mutations import Mutator, Request

METHODS = ("GET", "POST", "PUT", "DELETE")
TOKEN = "a-token"


def corpus(folder: str) -> list[Request]:
    """Valid requests, but for the one that ends the service."""
    return [
        Request("GET", "/v1/status"),
        Request("POST", "/v1/multipass", body={"argv": ["list"], "cwd": folder, "tty": False}),
        Request("POST", "/v1/multipass", body={"argv": ["info", "x"], "cwd": folder}),
        Request("POST", "/v1/multipass", body={"argv": ["version"], "cwd": folder}),
        Request("POST", "/v1/execute", body={"machine": "host", "script": "echo a"}),
        Request("POST", "/v1/execute", body={"machine": "none", "script": "echo a"}),
        Request("POST", "/v1/runs/abc/stdin", raw=b"text"),
        Request("POST", "/v1/consoles", body={"machine": "host"}),
        Request("POST", "/v1/consoles/abc", raw=b"echo a"),
        Request("DELETE", "/v1/consoles/abc"),
        Request("GET", "/v1/kubeconfig"),
        Request("GET", "/v1/wskprops"),
        Request("POST", "/v1/save", body={"path": f"{os.path.realpath(folder)}/saved/x.sqlite"}),
        Request("POST", "/v1/speed", body={"speed": "instant"}),
    ]


async def _end_of_input(self: RunInput) -> None:
    """Nobody types here; what reads its standard input would wait for ever."""


async def run(seed: int, count: int) -> Findings:
    """A new lab, and ``count`` requests."""
    with tempfile.TemporaryDirectory(prefix="owlab-fuzz-") as folder:
        lab = PocketLab(Path(folder))
        app = control_app(lab, TOKEN, lambda: None)
        mutator = Mutator(seed, METHODS, {"x": ("1",)})
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        try:
            # What is made by a relative name goes with the folder.
            with contextlib.chdir(folder), patch.object(RunInput, "read_chunk", _end_of_input):
                return await fuzz(app, corpus(folder), mutator, count, headers)
        finally:
            await lab.stop()
