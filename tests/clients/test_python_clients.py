"""Other people's clients in Python, as their documentation shows them."""

import http.client
import os
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from ..waiting import until
from .manifests import changed, deployment, pod
from .test_port_forward import web  # noqa: F401
from .test_versions import gadgets


@pytest.fixture
def box(api):
    """A pod in which commands run."""
    shell = pod("box", image="busybox", command=["sh", "-c", "echo begun; sleep infinity"])
    api.kubectl("create -f -", shell)
    api.kubectl("wait --for=condition=Ready pod/box --timeout=30s")
    yield "box"
    api.kubectl("delete pod box --now")


# The official client -------------------------------------------------------------------------


@pytest.fixture
def official(api):
    kubernetes = pytest.importorskip("kubernetes")
    made = kubernetes.config.new_client_from_config(str(api.kubeconfig))
    yield made
    made.close()


def scaled(apps: Any, name: str, replicas: int) -> Any:
    """Read, change and write back; again where a controller wrote meanwhile."""
    from kubernetes import client

    for _ in range(20):
        scale = apps.read_namespaced_deployment_scale(name, "default")
        scale.spec.replicas = replicas
        try:
            return apps.replace_namespaced_deployment_scale(name, "default", scale)
        except client.ApiException as error:
            assert error.status == 409, error
    raise AssertionError("somebody else writes all the time")


def test_official_client_objects(api, official):
    from kubernetes import client, watch

    core: Any = client.CoreV1Api(official)
    apps: Any = client.AppsV1Api(official)
    assert client.VersionApi(official).get_code().git_version.startswith("v1.")
    assert "v1" in client.CoreApi(official).get_api_versions().versions
    apps.create_namespaced_deployment("default", deployment("official"))
    assert scaled(apps, "official", 2).spec.replicas == 2
    seen = set()
    stream = watch.Watch()
    for event in stream.stream(
        core.list_namespaced_pod, "default", label_selector="app=official", timeout_seconds=30
    ):
        if event["object"].status.phase == "Running":
            seen.add(event["object"].metadata.name)
        if len(seen) == 2:
            stream.stop()
    body = {"spec": {"replicas": 1}}
    patched = apps.patch_namespaced_deployment("official", "default", body)
    assert patched.spec.replicas == 1
    with pytest.raises(client.ApiException) as refused:
        apps.create_namespaced_deployment("default", deployment("official"))
    assert refused.value.status == 409 and "AlreadyExists" in (refused.value.body or "")
    apps.delete_namespaced_deployment("official", "default")
    core.create_namespaced_service_account("default", {"metadata": {"name": "robot"}})
    gone = core.delete_namespaced_service_account("robot", "default")
    assert gone.metadata.name == "robot"


def test_official_client_dynamic(api, official):
    from kubernetes import dynamic

    found = dynamic.DynamicClient(official).resources
    maps = found.get(api_version="v1", kind="ConfigMap")
    body = {"kind": "ConfigMap", "metadata": {"name": "dyn"}, "data": {"k": "v"}}
    maps.server_side_apply(namespace="default", body=body, name="dyn", field_manager="test")
    assert maps.get(name="dyn", namespace="default").data.k == "v"
    maps.delete(name="dyn", namespace="default")
    scalers = found.get(api_version="autoscaling/v1", kind="HorizontalPodAutoscaler")
    assert scalers.get(namespace="default").items == []


def test_official_client_streams(api, official, box):
    from kubernetes import client
    from kubernetes.stream import stream

    core = client.CoreV1Api(official)
    words = ["sh", "-c", "echo out; echo err >&2"]
    told = stream(
        core.connect_get_namespaced_pod_exec,
        "box",
        "default",
        command=words,
        stdout=True,
        stderr=True,
        stdin=False,
        tty=False,
    )
    assert told == "out\nerr\n"
    talk = stream(
        core.connect_get_namespaced_pod_exec,
        "box",
        "default",
        command=["sh"],
        stdout=True,
        stderr=True,
        stdin=True,
        tty=False,
        _preload_content=False,
    )
    talk.write_stdin("echo $((6*7))\n")
    assert talk.readline_stdout(timeout=20) == "42"
    talk.write_stdin("echo $?; exit 3\n")
    # Its readline_stdout() gives "" once the closing frame came in with the line's.
    talk.run_forever(timeout=20)
    assert talk.returncode == 3
    assert talk.read_stdout() == "0\n"
    talk.close()
    assert "begun" in core.read_namespaced_pod_log("box", "default")


def test_who_sends_all_and_goes_is_heard(api, official, box):
    from kubernetes import client
    from kubernetes.stream import stream

    talk = stream(
        client.CoreV1Api(official).connect_get_namespaced_pod_exec,
        box,
        "default",
        command=["sh", "-c", "cat > /tmp/sent"],
        stdin=True,
        stdout=True,
        stderr=True,
        tty=False,
        _preload_content=False,
    )
    for _ in range(300):
        talk.write_stdin("0123456789")
    talk.close()
    until(lambda: api.kubectl("exec box -- wc -c /tmp/sent", fails=None).startswith("3000 "))


def test_official_client_forwards_ports(api, official, web):  # noqa: F811
    from kubernetes import client
    from kubernetes.stream import portforward

    core: Any = client.CoreV1Api(official)
    name = core.list_namespaced_pod("default", label_selector="app=web").items[0].metadata.name
    ports = portforward(core.connect_get_namespaced_pod_portforward, name, "default", ports="80")
    connection = http.client.HTTPConnection("127.0.0.1")
    connection.sock = ports.socket(80)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"owl" * 20000
    assert ports.error(80) is None
    ports.close()


# kr8s ----------------------------------------------------------------------------------------


def test_kr8s(api, box):
    kr8s = pytest.importorskip("kr8s")
    from kr8s.objects import Deployment, Pod

    client = kr8s.api(kubeconfig=str(api.kubeconfig))
    assert client.version()["gitVersion"].startswith("v1.")
    made = Deployment(deployment("kr8s"), api=client)
    made.create()
    made.wait("condition=Available", timeout=30)
    made.scale(2)
    until(lambda: len(list(client.get("pods", label_selector={"app": "kr8s"}))) == 2)
    made.patch({"spec": {"paused": True}})
    assert made.spec.paused
    made.label({"tier": "front"})
    assert Deployment.get("kr8s", api=client).labels["tier"] == "front"
    made.delete()
    one = Pod.get("box", api=client)
    assert one.exec(["echo", "hi"]).stdout == b"hi\n"
    assert "begun" in next(iter(one.logs()))
    assert {r["kind"] for r in client.api_resources()} >= {"Pod", "Deployment", "Event"}


def test_kr8s_forwards_ports(api, web):  # noqa: F811
    kr8s = pytest.importorskip("kr8s")
    import urllib.request

    client = kr8s.api(kubeconfig=str(api.kubeconfig))
    found = next(iter(client.get("pods", label_selector={"app": "web"})))
    with (
        found.portforward(remote_port=80, local_port="auto") as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer,
    ):
        assert answer.read() == b"owl" * 20000


# lightkube -----------------------------------------------------------------------------------


def test_lightkube(api, box):
    lightkube = pytest.importorskip("lightkube")
    from lightkube.generic_resource import load_in_cluster_generic_resources
    from lightkube.models.meta_v1 import ObjectMeta
    from lightkube.resources.apps_v1 import Deployment
    from lightkube.resources.core_v1 import ConfigMap, Pod

    settings = lightkube.KubeConfig.from_file(str(api.kubeconfig))
    client = lightkube.Client(config=settings, field_manager="lightkube", namespace="default")
    client.create(Deployment.from_dict(deployment("light")))
    client.wait(Deployment, "light", for_conditions=["Available"])
    scale = Deployment.Scale.from_dict({"metadata": {"name": "light"}, "spec": {"replicas": 2}})
    assert client.replace(scale, name="light").spec.replicas == 2
    client.patch(Deployment, "light", {"metadata": {"labels": {"a": "b"}}})
    assert client.get(Deployment, "light").metadata.labels["a"] == "b"
    client.delete(Deployment, "light")
    applied = client.apply(ConfigMap(metadata=ObjectMeta(name="light"), data={"k": "v"}))
    assert applied.data == {"k": "v"}
    kinds = [type_ for type_, _ in _watched(client, ConfigMap)]
    assert "ADDED" in kinds
    with pytest.raises(lightkube.ApiError) as refused:
        client.create(ConfigMap(metadata=ObjectMeta(name="light")))
    assert (refused.value.status.reason, refused.value.status.details.name) == (
        "AlreadyExists",
        "light",
    )
    client.delete(ConfigMap, "light")
    assert "box" in [found.metadata.name for found in client.list(Pod)]
    assert "begun\n" in list(client.log("box"))
    load_in_cluster_generic_resources(client)


def _watched(client, kind):
    for event in client.watch(kind, server_timeout=2):
        yield event
        return


# kopf ----------------------------------------------------------------------------------------

OPERATOR = """
    import kopf

    @kopf.on.create("example.org", "v1", "gadgets")
    def made(spec, name, patch, body, **_):
        kopf.info(body, reason="Made", message="all is well")
        patch.status["told"] = f"{name} of size {spec['size']}"

    @kopf.on.update("example.org", "v1", "gadgets", field="spec.size")
    def grown(old, new, patch, **_):
        patch.status["told"] = f"from {old} to {new}"

    @kopf.on.delete("example.org", "v1", "gadgets")
    def gone(**_):
        pass
"""


def test_an_operator_of_kopf(api, tmp_path):
    pytest.importorskip("kopf")
    script = tmp_path / "operator.py"
    script.write_text(textwrap.dedent(OPERATOR))
    api.kubectl("create -f -", gadgets())
    api.kubectl("wait --for=condition=Established crd/gadgets.example.org --timeout=30s")
    words = [sys.executable, "-m", "kopf", "run", "--standalone", "-n", "default", str(script)]
    environment = {**os.environ, "KUBECONFIG": str(api.kubeconfig), "HOME": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        operator = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
    try:
        thing = {
            "apiVersion": "example.org/v1",
            "kind": "Gadget",
            "metadata": {"name": "one"},
            "spec": {"size": 2},
        }
        api.kubectl("create -f -", thing)

        def told():
            assert operator.poll() is None, (tmp_path / "log").read_text()
            return api.kubectl("get gadget one -o jsonpath={.status.told}")

        until(lambda: told() == "one of size 2")
        api.kubectl("apply -f -", changed(thing, "spec.size", 3))
        until(lambda: told() == "from 2 to 3")
        api.kubectl("delete gadget one --timeout=30s")
        assert "Creation is processed" in (tmp_path / "log").read_text()
        assert "all is well" in api.kubectl("get events --field-selector reason=Made")
    finally:
        operator.terminate()
        operator.wait(20)
        api.kubectl("delete crd gadgets.example.org")
