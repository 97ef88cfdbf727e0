"""What lives in a cluster and whose containers the lab itself works for, behind one interface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.programs import ContainerContext, ContainerOutcome
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller
from owlab.pocket.kube.images import PublishedImages
from owlab.pocket.kube.servers.setting import Server
from owlab.pocket.kube.store import Store


class Software(Protocol):
    """Software that the cluster is told of when it is made. The cluster knows no names of its."""

    images: PublishedImages
    """What of it the registries have."""

    def attach(self, plane: ControlPlane, reconsider: Callable[[], None]) -> Sequence[Controller]:
        """Controllers of its own. ``reconsider`` makes the kubelets look at every container."""

    def clear(self) -> None:
        """Remove what depended on a service of the lab that has ended."""

    def main_container(self, context: ContainerContext) -> ContainerOutcome | None:
        """Where one of its containers is; None for those of others."""

    def listener(self, store: Store, pod: Object, container: Object) -> Server | None:
        """What listens in one of its containers; None for those of others."""

    def init_container(self, context: ContainerContext) -> ContainerOutcome | None:
        """The same, for a container that comes before the others of its pod."""
