"""OpenWhisk in the cluster, as its other half in the lab sees it: where it is, and what works."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.programs import ContainerContext, ContainerOutcome
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller
from owlab.pocket.kube.servers.setting import Server
from owlab.pocket.kube.store import Store
from owlab.pocket.openwhisk.deployment.action_pods import PodsOfActions
from owlab.pocket.openwhisk.deployment.components_ready import Components, find_components
from owlab.pocket.openwhisk.deployment.container_listeners import listener
from owlab.pocket.openwhisk.deployment.container_work import (
    Hooks,
    init_container,
    main_container,
)
from owlab.pocket.openwhisk.deployment.endpoint import OpenWhiskEndpoint, find_endpoint
from owlab.pocket.openwhisk.deployment.published_images import IMAGES
from owlab.pocket.openwhisk.deployment.release_watch import ReleaseWatch


async def _no_openwhisk(name: str) -> tuple[bool, str]:
    return False, "FAILED! OpenWhisk does not answer"


class Deployment:
    """Software of a cluster. Callbacks tell of changes; until one is given, nobody is told."""

    images = IMAGES

    def __init__(self) -> None:
        self.components = Components()
        self.on_endpoint: Callable[[OpenWhiskEndpoint | None], None] = lambda endpoint: None
        """Told when OpenWhisk comes up, changes or goes down."""
        self.on_components: Callable[[Components], None] = lambda components: None
        """Told when a component behind the front end comes or goes."""
        self.on_install_packages: Callable[[str], None] = lambda release: None
        """Told when the Job that installs the catalogue has run."""
        self.on_wipe: Callable[[], None] = lambda: None
        """Told when the Job init-couchdb has emptied the database."""
        self.on_test: Callable[[str], Awaitable[tuple[bool, str]]] = _no_openwhisk
        """Asked to run one of the chart's tests."""
        self._tests: dict[str, asyncio.Future[tuple[bool, str]]] = {}
        self._endpoint: OpenWhiskEndpoint | None = None
        self._reconsider: Callable[[], None] = lambda: None
        self._store: Store
        self.action_pods: PodsOfActions
        self._hooks = Hooks(
            installed=lambda release: self.on_install_packages(release),
            wiped=lambda: self.on_wipe(),
            healthy=self._is_healthy,
            tested=self._tested,
        )

    # -- what a cluster asks of its software -------------------------------------------------

    def attach(self, plane: ControlPlane, reconsider: Callable[[], None]) -> Sequence[Controller]:
        """One controller, which looks whether OpenWhisk can be reached."""
        self._store = plane.store
        self._reconsider = reconsider
        self.action_pods = PodsOfActions(plane.store, self._namespace)
        return [ReleaseWatch(plane, self._look)]

    def clear(self) -> None:
        """Remove action pods: their processes ended with the service that had started them."""
        for pod in self._store.list("Pod", labels="user-action-pod=true"):
            self._store.delete("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])

    def main_container(self, context: ContainerContext) -> ContainerOutcome | None:
        """Where a container of ow-utils is."""
        return main_container(context, self._hooks)

    def listener(self, store: Store, pod: Object, container: Object) -> Server | None:
        """What answers in place of the front end and the controller."""
        return listener(store, pod, container)

    def init_container(self, context: ContainerContext) -> ContainerOutcome | None:
        """Where one of the chart's waiting containers is."""
        return init_container(context, self._hooks)

    # ----------------------------------------------------------------------------------------

    def _namespace(self) -> str:
        return self._endpoint.namespace if self._endpoint else "openwhisk"

    def _is_healthy(self) -> bool:
        return self._endpoint is not None and self.components.healthy_invokers > 0

    def _tested(self, name: str, pod: str) -> tuple[bool, str] | None:
        """A test runs once for its pod; the cluster looks again when it has ended."""
        running = self._tests.get(pod)
        if running is None:
            test = self.on_test(name) if self._endpoint is not None else _no_openwhisk(name)
            running = self._tests[pod] = asyncio.ensure_future(test)
            running.add_done_callback(lambda _: self._reconsider())
        return running.result() if running.done() else None

    def _look(self) -> None:
        endpoint, components = find_endpoint(self._store), Components()
        if endpoint is not None:
            components = find_components(self._store, endpoint.release, endpoint.namespace)
        before = (self._endpoint, self.components)
        if endpoint != self._endpoint:
            self._endpoint = endpoint
            self.on_endpoint(endpoint)
        if components != self.components:
            self.components = components
            self.on_components(components)
        if before != (endpoint, components):
            self._reconsider()
