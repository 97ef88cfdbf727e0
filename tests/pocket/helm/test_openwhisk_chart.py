"""The OpenWhisk chart makes what the upstream one makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from owlab.pocket import charts
from owlab.pocket.openwhisk.deployment.endpoint import CONCURRENT
from owlab.pocket.openwhisk.limits import Limits

HERE = Path(__file__).parent
CHART = Path(charts.__file__).parent / "openwhisk"
GUIDE: dict[str, Any] = yaml.safe_load((HERE / "mycluster.yaml").read_text())

GUIDE_NOTES = """\
Apache OpenWhisk
Copyright 2016-2021 The Apache Software Foundation

This product includes software developed at
The Apache Software Foundation (http://www.apache.org/).

To configure your wsk cli to connect to it, set the apihost property
using the command below:

  $ wsk property set --apihost 10.251.200.141:31001

Your release is named owdev.

To learn more about the release, try:

  $ helm status owdev
  $ helm get owdev

Once the 'owdev-install-packages' Pod is in the Completed state, your OpenWhisk deployment is \
ready to be used.

Once the deployment is ready, you can verify it using:

  $ helm test owdev --cleanup"""


def merged(base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}
    return over


def render(**values: Any) -> tuple[dict[tuple[str, str], Any], str]:
    with helm_python.Chart.load(CHART) as chart:
        rendered = chart.render(merged(GUIDE, values), name="owdev", namespace="openwhisk")
    notes = rendered.pop("openwhisk/templates/NOTES.txt")
    documents = [doc for text in rendered.values() for doc in yaml.safe_load_all(text) if doc]
    objects = {(doc["kind"], doc["metadata"]["name"]): doc for doc in documents}
    assert len(objects) == len(documents), "an object is rendered twice"
    return objects, notes


def pod_of(document: Any) -> Any:
    spec = document["spec"]
    return spec if document["kind"] == "Pod" else spec["template"]["spec"]


def line(document: Any) -> str:
    """What the inventory says about an object."""
    kind, spec = document["kind"], document.get("spec", {})
    words = [kind, document["metadata"]["name"]]
    if kind in ("Deployment", "StatefulSet", "Job", "Pod", "DaemonSet"):
        pod = pod_of(document)
        waits = [container["name"] for container in pod.get("initContainers", [])]
        words += [",".join(waits) or "-", *(c["image"] for c in pod["containers"])]
    elif kind == "Service":
        words += ["headless"] if spec.get("clusterIP") == "None" else []
        ports = sorted(spec["ports"], key=lambda port: port["port"])
        words += [
            f"{port['port']}->{port['nodePort']}" if "nodePort" in port else str(port["port"])
            for port in ports
        ]
    elif kind == "PersistentVolumeClaim":
        words.append(spec["resources"]["requests"]["storage"])
    return " ".join(words)


def test_inventory_with_the_guides_values() -> None:
    objects, _ = render()
    expected = (HERE / "inventory.txt").read_text().splitlines()
    assert sorted(line(document) for document in objects.values()) == expected


def test_notes_are_those_of_the_guide() -> None:
    assert render()[1].strip() == GUIDE_NOTES


def test_everything_belongs_to_the_release() -> None:
    objects, _ = render()
    for document in objects.values():
        labels = document["metadata"]["labels"]
        assert labels["release"] == "owdev"
        assert labels["heritage"] == "Helm"
        assert labels["chart"] == "openwhisk-1.0.1"
        assert labels["app"] == "owdev-openwhisk"


def test_services_and_workloads_find_their_pods() -> None:
    objects, _ = render()
    pods = [
        document["spec"]["template"]["metadata"]["labels"]["name"]
        for (kind, _), document in objects.items()
        if kind in ("Deployment", "StatefulSet")
    ]
    for (kind, name), document in objects.items():
        if kind in ("Deployment", "StatefulSet"):
            assert document["spec"]["selector"]["matchLabels"]["name"] == name
        if kind == "Service" and name != "owdev-etcd":
            assert document["spec"]["selector"]["name"] in pods
    assert "owdev-etcd" not in pods, "upstream's etcd Service has no pods without the scheduler"


def test_jobs_try_four_times_and_never_restart() -> None:
    objects, _ = render()
    for (kind, _), document in objects.items():
        if kind == "Job":
            assert document["spec"]["backoffLimit"] == 3
            assert pod_of(document)["restartPolicy"] == "Never"


def test_only_the_tests_are_hooks() -> None:
    objects, _ = render()
    hooks = {
        name
        for (_, name), document in objects.items()
        if (document["metadata"].get("annotations") or {}).get("helm.sh/hook") == "test-success"
        and document["kind"] == "Pod"
    }
    assert hooks == {"owdev-tests-package-checker", "owdev-tests-smoketest"}


@pytest.mark.parametrize(
    ("default", "explicit", "classes"),
    [
        (True, None, {None}),
        (True, "nfs-client", {None}),  # silently ignored: the guide's first trap
        (False, "nfs-client", {"nfs-client"}),
    ],
)
def test_storage_class(default: bool, explicit: str | None, classes: set[str | None]) -> None:
    persistence = {"hasDefaultStorageClass": default, "explicitStorageClass": explicit}
    objects, _ = render(k8s={"persistence": persistence})
    claims = [doc for (kind, _), doc in objects.items() if kind == "PersistentVolumeClaim"]
    assert len(claims) == 6
    assert {claim["spec"].get("storageClassName") for claim in claims} == classes
    assert all(claim["spec"]["accessModes"] == ["ReadWriteOnce"] for claim in claims)


def test_no_default_and_no_class_is_refused() -> None:
    with (
        helm_python.Chart.load(CHART) as chart,
        pytest.raises(helm_python.HelmError, match="/k8s/persistence"),
    ):
        chart.validate_schema({"k8s": {"persistence": {"hasDefaultStorageClass": False}}})


def test_without_persistence_nothing_claims() -> None:
    objects, _ = render(k8s={"persistence": {"enabled": False}})
    assert not [name for kind, name in objects if kind == "PersistentVolumeClaim"]
    for document in objects.values():
        if document["kind"] in ("Deployment", "StatefulSet"):
            volumes = pod_of(document).get("volumes", [])
            assert not any("persistentVolumeClaim" in volume for volume in volumes)


def test_replicated_kafka_claims_by_template() -> None:
    objects, _ = render(kafka={"replicaCount": 3})
    assert ("PersistentVolumeClaim", "owdev-kafka-pvc") not in objects
    spec = objects["StatefulSet", "owdev-kafka"]["spec"]
    assert [t["metadata"]["name"] for t in spec["volumeClaimTemplates"]] == ["owdev-kafka-pvc"]


def required(document: Any) -> Any:
    affinity = pod_of(document).get("affinity", {}).get("nodeAffinity", {})
    return affinity.get("requiredDuringSchedulingIgnoredDuringExecution")


def test_only_the_invoker_insists_on_its_nodes() -> None:
    objects, _ = render()
    insisting = {
        name
        for (kind, name), document in objects.items()
        if kind in ("Deployment", "StatefulSet") and required(document)
    }
    assert insisting == {"owdev-invoker"}
    tolerated = pod_of(objects["StatefulSet", "owdev-invoker"])["tolerations"]
    assert tolerated == [
        {"key": "openwhisk-role", "operator": "Equal", "value": "invoker", "effect": "NoSchedule"}
    ]


def test_single_node_values_place_anywhere() -> None:
    objects, _ = render(affinity={"enabled": False}, toleration={"enabled": False})
    for document in objects.values():
        if document["kind"] in ("Deployment", "StatefulSet"):
            assert not {"affinity", "tolerations"} & set(pod_of(document))


def environment(document: Any) -> dict[str, Any]:
    (container,) = pod_of(document)["containers"]
    names = [entry["name"] for entry in container["env"]]
    assert len(names) == len(set(names)), "server-side apply refuses duplicate names"
    return {entry["name"]: entry.get("value") for entry in container["env"]}


def test_environment_has_no_duplicates() -> None:
    objects, _ = render(scheduler={"enabled": True}, controller={"replicaCount": 2})
    for document in objects.values():
        if document["kind"] in ("Deployment", "StatefulSet", "Job"):
            (container,) = pod_of(document)["containers"]
            if "env" in container:
                environment(document)


def test_invoker_options_reach_the_invoker() -> None:
    option = "-Dwhisk.kubernetes.timeouts.run=10minutes"
    objects, _ = render(invoker={"options": option})
    options = environment(objects["StatefulSet", "owdev-invoker"])["INVOKER_OPTS"]
    assert options.startswith(option)
    assert "KubernetesContainerFactoryProvider" in options


def test_limits_reach_the_controller() -> None:
    objects, _ = render(whisk={"limits": {"actionsInvokesPerminute": 7}})
    env = environment(objects["StatefulSet", "owdev-controller"])
    assert env["LIMITS_ACTIONS_INVOKES_PERMINUTE"] == "7"
    assert env["CONFIG_whisk_timeLimit_max"] == "5m"


@pytest.mark.parametrize("allowed", [True, False])
def test_concurrency_reaches_controller_and_invoker(allowed: bool) -> None:
    objects, _ = render(
        whisk={"limits": {"actions": {"concurrency": {"max": 8}}}},
        invoker={"containerFactory": {"enableConcurrency": allowed}},
    )
    controller = environment(objects["StatefulSet", "owdev-controller"])
    assert Limits.of(controller).concurrency_max == 8
    invoker = environment(objects["StatefulSet", "owdev-invoker"])
    assert (CONCURRENT in invoker.values()) is allowed


def test_a_private_registry_is_in_front_of_every_image() -> None:
    objects, _ = render(docker={"registry": {"name": "my.registry/"}})
    assert ("Secret", "owdev-private-registry.auth") in objects
    for document in objects.values():
        if document["kind"] in ("Deployment", "StatefulSet", "Job", "Pod"):
            pod = pod_of(document)
            for container in pod["containers"] + pod.get("initContainers", []):
                assert container["image"].startswith("my.registry/")
            assert pod["imagePullSecrets"] == [{"name": "owdev-private-registry.auth"}]


def test_scheduler_brings_etcd() -> None:
    objects, _ = render(scheduler={"enabled": True})
    assert ("StatefulSet", "owdev-scheduler") in objects
    assert ("Deployment", "owdev-etcd") in objects
    assert ("PersistentVolumeClaim", "owdev-etcd-pvc") in objects


def test_a_provider_can_be_left_out() -> None:
    objects, _ = render(providers={"alarm": {"enabled": False}})
    assert ("Deployment", "owdev-alarmprovider") not in objects
    assert ("PersistentVolumeClaim", "owdev-alarmprovider-pvc") not in objects
    env = environment(objects["Job", "owdev-install-packages"])
    assert env["OW_INSTALL_ALARM_PROVIDER"] == "no"
    assert env["OW_INSTALL_KAFKA_PROVIDER"] == "yes"


def test_an_unknown_container_factory_is_refused() -> None:
    with pytest.raises(helm_python.HelmError, match="must be kubernetes or docker"):
        render(invoker={"containerFactory": {"impl": "podman"}})


def test_the_well_known_keys_are_the_default() -> None:
    objects, _ = render()
    data = objects["Secret", "owdev-whisk.auth"]["data"]
    assert set(data) == {"system", "guest"}
