"""Progress of a run: one line that lives on a terminal, a few plain lines anywhere else."""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO

from owlab.batch.course import NotebookFile
from owlab.batch.evidence import NotebookOutcome, titles
from owlab.language import _

_MARK = {"passed": "✓", "failed": "✗", "interrupted": "■", "not run": "·"}
_HEARTBEAT_SECONDS = 60.0
"""Without a terminal a long cell says this often that it is alive, and no more."""


class Progress:
    """Told of cells and notebooks; prints."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._titles: list[str] = []
        self._codes: list[int] = []
        self._name = ""
        self._index = 0
        self._started = self._said = 0.0

    def start(self, notebook: NotebookFile, position: int, total: int) -> None:
        """A notebook begins."""
        content = notebook.read()
        self._titles = titles(content)
        self._codes = [i for i, cell in enumerate(content.cells) if cell.cell_type == "code"]
        self._name = f"[{position}/{total}] {notebook.name}"
        self._index = 0
        self._started = self._said = time.monotonic()
        if not self._live:
            self._line(f"{self._name} ...")

    def cell(self, index: int) -> None:
        """A cell begins. Called from the notebook's own thread: only notes it."""
        self._index = index

    def tick(self) -> None:
        """Show the time that passes."""
        now = time.monotonic()
        if self._live:
            self._rewrite(f"  {self._name}  {self._where()}  {_clock(now - self._started)}")
        elif now - self._said > _HEARTBEAT_SECONDS:
            self._said = now
            self._line(f"{self._name}  {self._where()}  {_clock(now - self._started)}")

    def end(self, outcome: NotebookOutcome) -> None:
        """A notebook ended."""
        passed = sum(check.passed for check in outcome.checks)
        ran = sum(cell.ran for cell in outcome.cells)
        if self._live:
            self._rewrite("")
        self._line(
            _(
                "{mark} {name}  {ran} cells, {passed} of {total} checks passed, {seconds:.1f} s"
            ).format(
                mark=_MARK[outcome.status],
                name=self._name,
                ran=ran,
                passed=passed,
                total=len(outcome.checks),
                seconds=time.monotonic() - self._started,
            )
        )

    def note(self, text: str) -> None:
        """Something to know."""
        if self._live:
            self._rewrite("")
        self._line(text)

    def _where(self) -> str:
        done = sum(code < self._index for code in self._codes)
        title = self._titles[self._index] if self._index < len(self._titles) else ""
        return _("cell {cell}/{total}  {title}").format(
            cell=min(done + 1, len(self._codes)), total=len(self._codes), title=title
        )

    def _rewrite(self, text: str) -> None:
        try:
            width = os.get_terminal_size(self._stream.fileno()).columns
        except OSError:
            width = 80
        self._stream.write(f"\r\x1b[2K{text[: max(10, width - 1)]}")
        self._stream.flush()

    def _line(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
