"""What the cluster's objects say of a release: what answers, where, and what its containers do."""

from __future__ import annotations

import base64
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509

from owlab.pocket.kube.containers.programs import ContainerContext
from owlab.pocket.kube.store import Key
from owlab.pocket.openwhisk.deployment import Deployment, container_listeners
from owlab.pocket.openwhisk.deployment.components_ready import Components, find_components
from owlab.pocket.openwhisk.deployment.container_work import (
    Hooks,
    init_container,
    main_container,
)
from owlab.pocket.openwhisk.deployment.endpoint import find_endpoint

SPACE = "openwhisk"
Object = dict[str, Any]


class Objects:
    """A store of a few objects."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, str], Object] = {}

    def put(self, kind: str, name: str, namespace: str = SPACE, **more: Any) -> Object:
        metadata = {"name": name, "namespace": namespace} | more.pop("metadata", {})
        found = {"kind": kind, "metadata": metadata, "spec": {}, "status": {}} | more
        self.known[kind, namespace, name] = found
        return found

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        return self.known.get((kind, namespace, name))

    def list(self, kind: str, namespace: str = "") -> list[Object]:
        return [obj for (k, space, _), obj in self.known.items()
                if k == kind and namespace in ("", space)]  # fmt: skip

    def create(self, obj: Object) -> None:
        meta = obj["metadata"]
        self.known[obj["kind"], meta["namespace"], meta["name"]] = obj


@pytest.fixture
def store() -> Any:
    return Objects()


def pod(store: Any, part: str, *, ready: bool = True, env: Object | None = None) -> Object:
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    variables = [{"name": name, "value": value} for name, value in (env or {}).items()]
    owner = [{"kind": "StatefulSet", "name": f"owdev-{part}"}]
    made: Object = store.put(
        "Pod", f"owdev-{part}-0", metadata={"ownerReferences": owner},
        status={"conditions": conditions}, spec={"containers": [{"env": variables}]},
    )  # fmt: skip
    return made


def variables(store: Any, part: str, **env: str) -> None:
    pairs: list[Object] = [{"name": name, "value": value} for name, value in env.items()]
    pairs.append({"name": "FROM", "valueFrom": {}})
    spec = {"template": {"spec": {"containers": [{}, {"env": pairs}]}}}
    store.put("StatefulSet", f"owdev-{part}", spec=spec)


# -- which parts answer --------------------------------------------------------------------


def test_parts_that_are_ready(store: Any) -> None:
    for part in ("controller", "kafka", "other"):
        pod(store, part)
    pod(store, "redis", ready=False)
    pod(store, "invoker")
    found = find_components(store, "owdev", SPACE)
    assert found.ready == {"controller", "kafka"}
    assert found.invokers == (("owdev-invoker-0", True),)
    assert find_components(store, "owdev", "default") == Components()
    assert find_components(store, "other", SPACE).ready == set()


@pytest.mark.parametrize(
    ("ready", "invokers", "healthy"),
    [
        ({"controller", "kafka"}, (("a", True),), 1),
        ({"controller", "kafka"}, (("a", True), ("b", False), ("c", True)), 2),
        ({"controller"}, (("a", True),), 0),
        ({"kafka"}, (("a", True),), 0),
        ({"controller", "kafka"}, (), 0),
    ],
)
def test_healthy_invokers(ready: set[str], invokers: Any, healthy: int) -> None:
    assert Components(frozenset(ready), invokers).healthy_invokers == healthy


@pytest.mark.parametrize(
    ("host", "service", "answers"),
    [
        ("db", ("db", SPACE), True),
        ("db", ("db", "other"), False),
        ("db.other", ("db", "other"), True),
        ("db.other.svc.cluster.local", ("db", "other"), True),
        ("db.svc", ("db", SPACE), True),
        (" db:5984 ", ("db", SPACE), True),
        # A pod of a headless Service.
        ("db-0.db", ("db", SPACE), True),
        ("db-0.db.other.svc", ("db", "other"), True),
        ("none,db", ("db", SPACE), True),
        ("db.example.com", ("db", SPACE), False),
        ("none", ("db", SPACE), False),
    ],
)
def test_a_database_that_is_elsewhere(
    store: Any, host: str, service: tuple[str, str], answers: bool
) -> None:
    pod(store, "couchdb")
    variables(store, "controller", CONFIG_whisk_couchdb_host=host)
    name, space = service
    store.put("Endpoints", name, space, subsets=[{"addresses": [{"ip": "10.0.0.1"}]}])
    assert ("couchdb" in find_components(store, "owdev", SPACE).ready) is answers
    store.put("Endpoints", name, space, subsets=[{"notReadyAddresses": [{}]}])
    assert "couchdb" not in find_components(store, "owdev", SPACE).ready
    store.put("Endpoints", name, space)
    assert "couchdb" not in find_components(store, "owdev", SPACE).ready


# -- where it is ---------------------------------------------------------------------------


def text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


HTTPS = {"name": "https-api", "port": 443, "nodePort": 31001}


def release(
    store: Any, *ports: Object, targets: Any = ({"name": "https-api", "port": 8443},)
) -> None:
    store.put("Service", "owdev-nginx", spec={"type": "NodePort", "ports": list(ports or [HTTPS])})
    subsets = [{"addresses": [{"ip": "10.0.0.1"}], "ports": list(targets)}]
    store.put("Endpoints", "owdev-nginx", subsets=subsets)
    keys = {"system": text("s:S\n"), "guest": text(" g:G\n")}
    store.put("Secret", "owdev-whisk.auth", data=keys)
    store.put("Secret", "owdev-nginx", data={"tls.crt": text("CRT"), "tls.key": text("KEY")})
    variables(store, "controller", LIMITS_X="5")
    variables(store, "invoker", JAVA_OPTS="x")


def test_a_release_is_found(store: Any) -> None:
    release(store)
    found = find_endpoint(store)
    assert found is not None
    assert (found.release, found.namespace, found.node_port) == ("owdev", SPACE, 31001)
    assert (found.certificate, found.key) == (b"CRT", b"KEY")
    assert (found.guest_key, found.system_key) == ("g:G", "s:S")
    assert found.limits == {"LIMITS_X": "5"} and found.allow_concurrent is False
    assert found.target_port == 8443
    variables(store, "invoker", X="__OW_ALLOW_CONCURRENT=true")
    again = find_endpoint(store)
    assert again is not None and again.allow_concurrent


def test_keys_are_not_shown(store: Any) -> None:
    release(store)
    shown = repr(find_endpoint(store))
    assert "g:G" not in shown and "s:S" not in shown and "KEY" not in shown


@pytest.mark.parametrize(
    ("ports", "port"),
    [
        ([{"name": "http", "port": 80, "nodePort": 31000}, HTTPS], 31001),
        ([{"name": "api", "port": 443, "nodePort": 31002}], 31002),
        ([{"port": 443, "nodePort": 31003}], 31003),
        ([{"name": "https", "port": 8443, "nodePort": 31004}], 31004),
        ([{"name": "http", "port": 80, "nodePort": 31000}], None),
    ],
)
def test_which_port_it_is(store: Any, ports: list[Object], port: int | None) -> None:
    release(store, *ports)
    found = find_endpoint(store)
    assert (found.node_port if found else None) == port


@pytest.mark.parametrize(
    ("targets", "port"),
    [
        ([{"name": "https-api", "port": 8443}], 8443),
        ([{"name": "http", "port": 80}, {"name": "https-api", "port": 9443}], 9443),
        ([{"name": "http", "port": 80}], 443),
        ([{"port": 80}], 443),
        ([], 443),
    ],
)
def test_which_port_of_its_pods_it_is(store: Any, targets: list[Object], port: int) -> None:
    release(store, targets=targets)
    found = find_endpoint(store)
    assert found is not None and found.target_port == port


@pytest.mark.parametrize(
    "gone",
    [("Service", "owdev-nginx"), ("Endpoints", "owdev-nginx"), ("Secret", "owdev-nginx"),
     ("Secret", "owdev-whisk.auth")],
)  # fmt: skip
def test_what_a_release_needs(store: Any, gone: tuple[str, str]) -> None:
    release(store)
    del store.known[gone[0], SPACE, gone[1]]
    assert find_endpoint(store) is None


def test_what_is_no_release(store: Any) -> None:
    release(store)
    store.find("Service", "owdev-nginx", SPACE)["spec"]["type"] = "ClusterIP"
    assert find_endpoint(store) is None
    release(store)
    store.find("Endpoints", "owdev-nginx", SPACE)["subsets"] = [{"notReadyAddresses": [{}]}]
    assert find_endpoint(store) is None
    release(store)
    store.find("Secret", "owdev-whisk.auth", SPACE)["data"] = None
    found = find_endpoint(store)
    assert found is not None and (found.guest_key, found.system_key) == ("", "")


# -- what its containers do ----------------------------------------------------------------


class Told:
    """The lab's side of the containers."""

    def __init__(self) -> None:
        self.installed: list[str] = []
        self.wiped = 0
        self.healthy = False
        self.outcome: tuple[bool, str] | None = None

    def hooks(self) -> Hooks:
        def wipe() -> None:
            self.wiped += 1

        return Hooks(
            self.installed.append, wipe, lambda: self.healthy, lambda name, pod: self.outcome
        )


def context(store: Any, name: str, image: str, pod_name: str = "owdev-x", **env: str) -> Any:
    spec = {"containers": [{"env": [{"name": n, "value": v} for n, v in env.items()]}]}
    metadata: Object = {
        "name": pod_name,
        "namespace": SPACE,
        "uid": "u",
        "labels": {"release": "owdev"},
    }
    made = {"metadata": metadata, "spec": spec}
    return ContainerContext(store, made, {"name": name, "image": image}, lambda: None)


UTILS = "openwhisk/ow-utils:1"


@pytest.fixture
def told() -> Told:
    return Told()


def test_containers_of_others_are_none(store: Any, told: Told) -> None:
    assert main_container(context(store, "gen-certs", "nginx:1"), told.hooks()) is None
    assert init_container(context(store, "wait-for-other", "busybox:1"), told.hooks()) is None
    other = main_container(context(store, "toolbox", UTILS), told.hooks())
    assert other is not None and other.state == "ready"


def test_an_invoker_with_docker_says_what_it_lacks(store: Any, told: Told) -> None:
    image, factory = "openwhisk/invoker:1", "x.DockerContainerFactoryProvider"
    said = main_container(context(store, "invoker", image, INVOKER_OPTS=factory), told.hooks())
    assert said is not None and said.state == "ready" and "Docker daemon" in said.log
    assert main_container(context(store, "invoker", image), told.hooks()) is None


@pytest.mark.parametrize(
    ("name", "parts", "job"),
    [
        ("wait-for-zookeeper", ["zookeeper"], None),
        ("wait-for-kafka", ["kafka"], None),
        ("wait-for-couchdb", ["couchdb"], "init-couchdb"),
        ("wait-for-controller", ["controller"], None),
        ("wait-for-healthy-invoker", ["controller", "kafka", "invoker"], None),
    ],
)
def test_what_is_waited_for(
    store: Any, told: Told, name: str, parts: list[str], job: str | None
) -> None:
    def state() -> str:
        found = init_container(context(store, name, "busybox:1"), told.hooks())
        assert found is not None
        assert ("Success: " in found.log) is (found.state == "done")
        assert ("...waiting for" in found.log) is (found.state == "waiting")
        return str(found.state)

    assert state() == "waiting"
    for part in parts:
        assert state() == "waiting"
        pod(store, part)
    if job:
        for conditions in ([], [{"type": "Complete", "status": "False"}],
                           [{"type": "Failed", "status": "True"}]):  # fmt: skip
            store.put("Job", f"owdev-{job}", status={"conditions": conditions})
            assert state() == "waiting"
        complete = [{"type": "Complete", "status": "True"}]
        store.put("Job", f"owdev-{job}", status={"conditions": complete})
    assert state() == "done"


def test_a_certificate_is_made_once(store: Any, told: Told) -> None:
    plane = {"node-role.kubernetes.io/control-plane": "true"}
    for name, labels, address in (("w", {}, "10.0.0.2"), ("m", plane, "10.0.0.1")):
        addresses = [{"type": "Hostname", "address": name},
                     {"type": "InternalIP", "address": address}]  # fmt: skip
        store.put("Node", name, "", metadata={"labels": labels}, status={"addresses": addresses})
    asked = context(store, "gen-certs", UTILS)
    first = main_container(asked, told.hooks())
    assert first is not None and first.state == "done" and "created" in first.log
    secret = store.find("Secret", "owdev-nginx", SPACE)
    certificate = x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"]))
    assert certificate.subject.rfc4514_string() == "CN=*.10.0.0.1"
    assert 364 < (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days < 367
    again = main_container(asked, told.hooks())
    assert again is not None and "using existing owdev-nginx secret" in again.log
    assert store.find("Secret", "owdev-nginx", SPACE) is secret


def test_the_jobs_of_a_release(store: Any, told: Told) -> None:
    database = context(store, "init-couchdb", UTILS)
    waits = main_container(database, told.hooks())
    assert waits is not None and waits.state == "waiting" and told.wiped == 0
    pod(store, "couchdb")
    done = main_container(database, told.hooks())
    assert done is not None and done.state == "done" and told.wiped == 1
    # By a piece of its pod's name, too.
    packages = context(store, "main", UTILS, "owdev-install-packages-abc")
    waits = main_container(packages, told.hooks())
    assert waits is not None and waits.state == "waiting" and told.installed == []
    told.healthy = True
    done = main_container(packages, told.hooks())
    assert done is not None and done.state == "done" and told.installed == ["owdev"]


@pytest.mark.parametrize("name", ["smoketest", "package-checker"])
def test_the_tests_of_a_release(store: Any, told: Told, name: str) -> None:
    asked = context(store, name, UTILS)
    for outcome, state, status in (
        (None, "waiting", 0),
        ((True, "PASSED! all"), "done", 0),
        ((False, "FAILED! x"), "failed", 1),
    ):
        told.outcome = outcome
        found = main_container(asked, told.hooks())
        assert found is not None and found.state == state
        if outcome is not None:
            assert outcome[1] in found.log
        assert found.code == status


# -- what listens --------------------------------------------------------------------------


def test_what_listens(store: Any) -> None:
    front = pod(store, "nginx")
    front["metadata"]["labels"] = {"release": "owdev"}
    nginx = {"image": "nginx:1"}
    assert container_listeners.listener(store, front, nginx) is None
    store.put("Secret", "owdev-whisk.auth", data={})
    server = container_listeners.listener(store, front, nginx)
    assert server is not None
    other = pod(store, "other")
    other["metadata"]["labels"] = {"release": "owdev"}
    assert container_listeners.listener(store, other, nginx) is None
    assert container_listeners.listener(store, other, {}) is None
    controller = container_listeners.listener(store, other, {"image": "openwhisk/controller:1"})
    assert controller is not None

    class Setting:
        env: dict[str, str]

    for given, port in (({"PORT": "9090"}, 9090), ({"PORT": "x"}, 8080), ({}, 8080)):
        setting: Any = Setting()
        setting.env = given
        ports: Any = controller(setting)
        assert list(ports) == [port]
        assert server(setting) == {}


@pytest.mark.parametrize(
    "data", [None, {}, {"tls.crt": text("CRT")}, {"tls.crt": "", "tls.key": text("KEY")}]
)
def test_nginx_without_its_certificate(store: Any, data: dict[str, str] | None) -> None:
    release(store)
    store.find("Secret", "owdev-nginx", SPACE)["data"] = data
    assert find_endpoint(store) is None


# -- what is told of it --------------------------------------------------------------------


class Watched:
    """A deployment in a store, and all that it tells."""

    def __init__(self, store: Any) -> None:
        self.store, self.told = store, Counter[str]()
        self.deployment = Deployment()
        plane: Any = SimpleNamespace(store=store, clock=None, recorder=None)
        (self._watch,) = self.deployment.attach(plane, lambda: self._tell("reconsidered"))
        self.deployment.on_endpoint = lambda endpoint: self._tell("up" if endpoint else "down")
        self.deployment.on_components = lambda parts: self._tell("components")
        self.deployment.on_install_packages = lambda release: self._tell("installed")

    def _tell(self, what: str) -> None:
        self.told[what] += 1

    def look(self) -> dict[str, int]:
        """What is told when it looks now."""
        self.told.clear()
        self._watch.reconcile(Key("", "OpenWhisk", "", ""))
        return dict(self.told)

    def installs(self) -> bool:
        """The Job that installs the catalogue goes on."""
        asked = context(self.store, "main", UTILS, "owdev-install-packages-abc")
        found = self.deployment.main_container(asked)
        assert found is not None
        return found.state == "done"


def test_a_release_comes_up_part_by_part_and_goes(store: Any) -> None:
    watched = Watched(store)
    assert watched.look() == {}
    for part in ("controller", "kafka", "invoker"):
        pod(store, part)
    assert watched.look() == {}, "without its front end it is none"
    assert not watched.installs()
    release(store)
    assert watched.look() == {"up": 1, "components": 1, "reconsidered": 1}
    assert watched.look() == {}
    assert watched.installs() and watched.told == {"installed": 1}
    pod(store, "kafka", ready=False)
    assert watched.look() == {"components": 1, "reconsidered": 1}
    assert not watched.installs(), "no invoker is healthy"
    pod(store, "kafka")
    assert watched.look() == {"components": 1, "reconsidered": 1}
    release(store, targets=[{"name": "https-api", "port": 9443}])
    assert watched.look() == {"up": 1, "reconsidered": 1}
    del store.known["Service", SPACE, "owdev-nginx"]
    assert watched.look() == {"down": 1, "components": 1, "reconsidered": 1}
    assert not watched.installs()
