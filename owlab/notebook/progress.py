"""How far a long step is, while one of its commands waits: asked of the step itself."""

from __future__ import annotations

import threading
from collections.abc import Callable

from owlab.errors import LabError
from owlab.lab import Lab
from owlab.step import Step

_SECONDS = 3.0
"""Between two questions. Each is a command on a machine, so not too often."""


class Pulse:
    """Asks a step for its progress now and then, until it is stopped."""

    def __init__(self, lab: Lab, step: Step, tell: Callable[[str], None]) -> None:
        self._lab = lab
        self._step = step
        self._tell = tell
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()

    def _beat(self) -> None:
        said = ""
        while self._step.progress is not None and not self._stopped.wait(_SECONDS):
            try:
                line = self._step.progress(self._lab)
            except (LabError, KeyboardInterrupt):
                # The step's own commands tell what is wrong; this is only for people who wait.
                continue
            if line != said and not self._stopped.is_set():
                said = line
                self._tell(line)
