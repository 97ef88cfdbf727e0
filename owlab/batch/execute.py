"""One notebook through papermill: cell events out, quietly, and interruptible."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from owlab.batch.course import NotebookFile
from owlab.batch.kernel import Kernel
from owlab.redact import redact

_SAVED_EVERY = 0.5
_GRACE_SECONDS = 10.0
"""How long an interrupted cell may take to put its things away."""


@dataclass(slots=True)
class Execution:
    """A notebook under way in a thread of its own: this one shows time, and can stop it."""

    source: NotebookFile
    output: Path
    parameters: Mapping[str, Any]
    kernel: Kernel
    on_cell: Callable[[int], None]
    interrupted: bool = False
    failure: BaseException | None = None
    _in_cell: threading.Event = field(default_factory=threading.Event, repr=False)
    _client: Any = None
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._run, name=self.source.name, daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait a moment; True when it has ended, well or badly."""
        assert self._thread is not None
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def interrupt(self) -> None:
        """Interrupt the running cell, as Ctrl-C does; if that does not end it, end the kernel.

        A second Ctrl-C meanwhile does not wait for the cell any longer.
        """
        self.interrupted = True
        asked = False
        limit = time.monotonic() + _GRACE_SECONDS
        try:
            while not self.wait(0.05) and time.monotonic() < limit:
                # A kernel ignores signals between cells; the next cell does not begin.
                if self._in_cell.is_set() and not asked:
                    self._signal(signal.SIGINT)
                    asked, limit = True, time.monotonic() + _GRACE_SECONDS
        except KeyboardInterrupt:
            pass
        if not self.wait(0):
            self._signal(signal.SIGKILL)
            self.wait(_GRACE_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        """To the kernel's own process: the commands that it started are its to end."""
        manager = getattr(self._client, "km", None)
        pid = getattr(getattr(manager, "provisioner", None), "pid", None)
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _run(self) -> None:
        try:
            _papermill(self)
        except Exception as error:
            # Judged from the output notebook; kept for what no notebook can tell (disk full).
            self.failure = error
        finally:
            # What a kernel says as it ends is no news when all its cells ran.
            if self.kernel.log.exists() and (
                self.failure is None or not self.kernel.log.read_text("utf-8", "replace").strip()
            ):
                self.kernel.log.unlink()


def _papermill(execution: Execution) -> None:
    import papermill  # seconds to import: only when a notebook really runs
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine, papermill_engines
    from papermill.log import logger

    class Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
        """papermill's own client, which notes from when to when the kernel runs a cell."""

        def process_message(self, msg: dict[str, Any], *more: Any) -> Any:
            if msg["msg_type"] == "execute_input":
                execution._in_cell.set()
            elif msg["content"].get("execution_state") == "idle":
                execution._in_cell.clear()
            return super().process_message(msg, *more)

    class NotebookEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
        """papermill's own engine, which tells of each cell and talks to its kernel encrypted."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            cell_start, save = nb_man.cell_start, nb_man.save
            under_way: list[Any] = []
            written = 0.0

            def started(cell: object, cell_index: int, **more: Any) -> None:
                if execution.interrupted:
                    raise InterruptedError("stopped before this cell")
                under_way[:] = [cell]
                cell_start(cell, cell_index, **more)
                execution.on_cell(cell_index)

            def saved(**more: Any) -> None:
                nonlocal written
                for cell in under_way:
                    if "outputs" in cell:
                        cell.outputs = _redacted(cell.outputs)
                # papermill writes the whole notebook twice a cell, also for each of the texts.
                if time.monotonic() - written > _SAVED_EVERY:
                    save(**more)
                    written = time.monotonic()

            nb_man.cell_start, nb_man.save = started, saved
            execution._client = Client(
                nb_man,
                km=execution.kernel.manager,
                kernel_name=kernel_name,
                timeout=None,
                startup_timeout=options["start_timeout"],
                log=logger,
                store_widget_state=False,
                # It has nothing to save: whatever a cell started, the cell has ended.
                shutdown_kernel="immediate",
            )
            try:
                return execution._client.execute(cleanup_kc=True)
            finally:
                written = 0.0  # whatever papermill writes from now on is the end

    papermill_engines.register("owlab", NotebookEngine)
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        papermill.execute_notebook(
            # papermill takes braces in a path for its own placeholders.
            str(execution.source.path).replace("{", "{{").replace("}", "}}"),
            str(execution.output).replace("{", "{{").replace("}", "}}"),
            parameters=dict(execution.parameters),
            engine_name="owlab",
            kernel_name=execution.kernel.name,
            progress_bar=False,
            start_timeout=120,
        )


def _redacted(output: object) -> Any:
    """Outputs without secrets: also what a cell printed itself. Notebooks are passed on."""
    if isinstance(output, str):
        return redact(output)
    if isinstance(output, list):
        return [_redacted(item) for item in output]
    if isinstance(output, dict):
        for name, value in output.items():
            output[name] = _redacted(value)
    return output
