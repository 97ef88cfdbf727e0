"""What containers do that the lab does not run: when they are ready, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import images
from owlab.pocket.kube.containers.container_process import ContainerProcess
from owlab.pocket.kube.object_state import release_of
from owlab.pocket.kube.store import Store

NOTE = "(a simulated container of the pocket lab)"


@dataclass(frozen=True)
class ContainerOutcome:
    """Where a container is.

    :param state: ``waiting`` (runs, not ready or not done), ``ready``, ``done``, ``failed``.
    :param log: what it has printed.
    """

    state: str
    log: str = NOTE + "\n"
    code: int = 0
    reason: str = ""
    """Of a container that has ended, where it is not ``Completed`` or ``Error``."""
    message: str = ""
    """What one that has ended left for its status."""


@dataclass(frozen=True)
class ContainerContext:
    """What a program can see: its pod, its container, the cluster, and its command's process."""

    store: Store
    pod: Object
    container: Object
    process: Callable[[], ContainerProcess | None]

    @property
    def namespace(self) -> str:
        return str(self.pod["metadata"]["namespace"])

    @property
    def release(self) -> str:
        return release_of(self.pod)

    @property
    def image(self) -> str:
        """The image's whole name."""
        return images.full_name(self.container.get("image", ""))


def main_program(context: ContainerContext) -> ContainerOutcome:
    """Where a main container is now."""
    command = _command(context, "ready")
    if command is not None:
        return command
    if context.image.startswith("docker.io/library/hello-world:"):
        return ContainerOutcome("done", f"{NOTE}\nHello from a container that is not there.\n")
    if "nfs-client-provisioner" in context.image:
        return ContainerOutcome(
            "ready",
            f"{NOTE}\nunexpected error getting claim reference: selfLink was empty, "
            "can't make reference\n",
        )
    return ContainerOutcome("ready")


def init_program(context: ContainerContext) -> ContainerOutcome:
    """Where an init container is now."""
    return _command(context, "waiting") or ContainerOutcome("done")


def _command(context: ContainerContext, running: str) -> ContainerOutcome | None:
    """Where the command of a shell image is; ``running`` is the state while it goes on."""
    process = context.process()
    if process is None:
        return None
    if process.code is None:
        return ContainerOutcome(running, process.printed)
    state = "failed" if process.code else "done"
    return ContainerOutcome(state, process.printed, process.code, message=process.message)
