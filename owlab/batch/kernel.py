"""A notebook's kernel, which may be started ahead of need: its start takes two seconds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from owlab.errors import BatchError
from owlab.language import _

# What the first cell of every notebook loads, loaded while nobody waits for it.
_LOADED_FIRST = "--IPKernelApp.exec_lines=__import__('owlab.notebook')"


@dataclass(slots=True)
class Kernel:
    """The process that runs a notebook's cells."""

    notebook: str
    environment: Mapping[str, str]
    log: Path
    """What the process says of itself: no output of the notebook's, nor for the terminal."""
    _manager: Any = field(default=None, repr=False)

    def start(self) -> None:
        """Start the process, and do not wait until it answers; once started, nothing."""
        if self._manager is not None:
            return
        from jupyter_client.manager import AsyncKernelManager
        from traitlets.config import Config

        manager = AsyncKernelManager(
            kernel_name=self.name,
            # Without it, each kernel warns that it listens to plain text.
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
        environment = {**os.environ, **self.environment}
        with self.log.open("w") as log:
            asyncio.run(_start(manager, env=environment, stdout=log, stderr=log))
        self._manager = manager

    def start_ahead(self) -> None:
        """Start it if that can be done: what is in the way is said when it is needed."""
        with suppress(BatchError, OSError):
            self.start()

    @property
    def manager(self) -> Any:
        """Jupyter's manager of the process, for a client."""
        self.start()
        return self._manager

    def end(self) -> None:
        """End the process of a notebook that did not come to run."""
        if self._manager is not None and self._manager.has_kernel:
            asyncio.run(_shut_down(self._manager))
            self.log.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """The kernel of this Python: one installed for another Python would lack this package."""
        from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager, NoSuchKernel

        try:
            KernelSpecManager().get_kernel_spec(NATIVE_KERNEL_NAME)
        except NoSuchKernel:
            raise BatchError(
                brief=_("There is no Jupyter kernel for this Python."),
                details=_("{source} needs the kernel {kernel!r}.").format(
                    source=self.notebook, kernel=NATIVE_KERNEL_NAME
                ),
                resolution=_("Install it: python -m pip install ipykernel"),
            ) from None
        return str(NATIVE_KERNEL_NAME)


async def _start(manager: Any, **how: Any) -> None:
    await manager.start_kernel(extra_arguments=[_LOADED_FIRST], **how)


async def _shut_down(manager: Any) -> None:
    await manager.shutdown_kernel(now=True)
