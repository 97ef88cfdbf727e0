"""kubectl of other versions than the lab's: by OpenAPI v2, in protobuf, and over SPDY.

``OWLAB_KUBECTLS`` names more programs to try, divided as ``PATH`` is.
"""

import json
import os
import shutil
import subprocess
from typing import Any, cast

import pytest

from owlab.pocket.kube.apiserver.protobuf import _read

from .manifests import changed, deployment
from .other_programs import DEBIAN, LAYERS, debian_kubectl, program

PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
MORE = [path for path in os.environ.get("OWLAB_KUBECTLS", "").split(os.pathsep) if path]


@pytest.fixture(scope="module", params=[DEBIAN, *LAYERS, *MORE])
def kubectl(request, tmp_path_factory):
    """A program of another version."""
    if request.param in MORE:
        yield request.param
        return
    place = tmp_path_factory.mktemp("kubectl")
    if request.param == DEBIAN:
        yield str(debian_kubectl(place))
    else:
        yield str(program(place, request.param, "kubectl"))
    shutil.rmtree(place)


@pytest.fixture
def older(api, kubectl):
    """Runs lines with it."""

    def run(*words, stdin="", fails=False):
        _, *rest = api.words(*words)
        done = subprocess.run(
            [kubectl, *rest], input=stdin, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def two_containers(**first):
    obj = deployment("older")
    containers = obj["spec"]["template"]["spec"]["containers"]
    containers[0] |= first
    containers.append({"name": "side", "image": "busybox", "command": ["sleep", "infinity"]})
    return obj


def test_the_document_is_the_same_in_json_and_protobuf(api):
    document = api.send("GET", "/openapi/v2").data
    assert document["swagger"] == "2.0"
    assert "$ref" in document["definitions"]["io.k8s.api.v1.JSONSchemaProps"]["properties"]
    ports = document["definitions"]["io.k8s.api.v1.Container"]["properties"]["ports"]
    assert ports["x-kubernetes-patch-merge-key"] == "containerPort"
    text = json.dumps(document)
    references = {part.partition('"')[0] for part in text.split('"#/definitions/')[1:]}
    assert references <= set(document["definitions"])
    raw = api.raw("/openapi/v2", PROTOBUF)
    parts: dict[int, Any] = {number: value for number, _, value in _read(raw)}
    assert parts[1] == b"2.0"
    for number, inner, name in ((8, 2, "paths"), (9, 1, "definitions")):
        named: list[dict[int, Any]] = [
            {n: v for n, _, v in _read(cast(bytes, value))} for n, _, value in _read(parts[number])
        ]
        assert {n for n, _, _ in _read(parts[number])} == {inner}
        assert [item[1].decode() for item in named] == list(document[name])


def test_applying_takes_away_what_was_taken_away(older):
    older("apply", "-f", "-", stdin=json.dumps(two_containers()))
    only = two_containers(image="nginx:1.25")
    del only["spec"]["template"]["spec"]["containers"][1]
    older("apply", "-f", "-", stdin=json.dumps(only))
    images = "jsonpath={.spec.template.spec.containers[*].image}"
    assert older("get", "deploy", "older", "-o", images) == "nginx:1.25"
    told = older("apply", "--dry-run=server", "-f", "-", stdin=json.dumps(only))
    assert "(server dry run)" in told
    older("scale", "deploy/older", "--replicas=2", "--current-replicas=1")
    older("delete", "deploy", "older")


def test_validation_and_explanation(older):
    told = older("apply", "-f", "-", stdin=json.dumps(two_containers(imag="x")), fails=True)
    assert 'unknown field "' in told and "imag" in told
    assert "The image that it runs" in older("explain", "pod.spec.containers.image")


def test_streams(older, tmp_path):
    older("run", "older", "--image=busybox", "--command", "--", "sleep", "infinity")
    older("wait", "--for=condition=Ready", "pod/older", "--timeout=30s")
    assert older("exec", "-i", "older", "--", "cat", stdin="typed") == "typed"
    (tmp_path / "there").write_bytes(os.urandom(100_000))
    older("cp", str(tmp_path / "there"), "older:/tmp/there")
    older("cp", "older:/tmp/there", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "there").read_bytes()
    older("delete", "pod", "older", "--grace-period=0", "--force")


def test_a_deployment_is_led_through_its_life(older):
    older("create", "deployment", "older", "--image=nginx:1.25")
    older("expose", "deployment", "older", "--port=80")
    older("set", "image", "deployment/older", "nginx=nginx:1.27")
    assert "successfully rolled out" in older("rollout", "status", "deployment/older")
    assert "REVISION" in older("rollout", "history", "deployment/older")
    older("rollout", "undo", "deployment/older")
    older("rollout", "status", "deployment/older")
    told = older("describe", "deployment", "older")
    assert "nginx:1.25" in told and "ScalingReplicaSet" in told
    older("autoscale", "deployment", "older", "--max=3", "--cpu-percent=50")
    assert "<unknown>/50%" in older("get", "hpa")
    assert "deployment.apps/older" in older("get", "all")
    older("annotate", "service", "older", "who=me")
    older("patch", "service", "older", "-p", '{"spec":{"sessionAffinity":"ClientIP"}}')
    assert "ClientIP" in older("describe", "service", "older")
    older("delete", "hpa,service,deployment", "older")


def test_what_runs_the_cluster(older):
    assert "Ready" in older("get", "nodes", "-o", "wide")
    assert "Allocatable:" in older("describe", "node", "worker1")
    older("cordon", "worker1")
    assert "SchedulingDisabled" in older("get", "node", "worker1")
    older("drain", "worker1", "--ignore-daemonsets")
    older("uncordon", "worker1")
    older("taint", "node", "worker1", "a=b:NoSchedule")
    older("taint", "node", "worker1", "a:NoSchedule-")
    assert older("auth", "can-i", "delete", "nodes").startswith("yes")
    assert "poddisruptionbudgets" in older("api-resources")
    assert "Server Version" in older("version")


def test_differences_are_shown_before_they_are_applied(older):
    was = deployment("older")
    older("apply", "-f", "-", stdin=json.dumps(was))
    new = changed(was, "spec.template.spec.containers.0.image", "nginx:1.27")
    told = older("diff", "-f", "-", stdin=json.dumps(new), fails=True)
    assert "-      - image: nginx\n" in told and "+      - image: nginx:1.27\n" in told
    older("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(new))
    older("delete", "deployment", "older")
