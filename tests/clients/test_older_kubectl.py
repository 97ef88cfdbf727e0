"""Older kubectl, as distributions ship it: by OpenAPI v2, in protobuf, and over SPDY.

``OWLAB_KUBECTLS`` names programs to try, such as Debian's of 1.20, divided as ``PATH`` is.
"""

import json
import os
import subprocess
from typing import Any, cast

import pytest

from owlab.pocket.kube.apiserver.protobuf import _read

from .manifests import deployment

PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
KUBECTLS = [path for path in os.environ.get("OWLAB_KUBECTLS", "").split(os.pathsep) if path]
PARAMS: list[str | None] = [*KUBECTLS] or [None]


@pytest.fixture(params=PARAMS, ids=lambda path: path or "none")
def older(api, request):
    """Runs lines with an older kubectl."""
    if request.param is None:
        pytest.skip("OWLAB_KUBECTLS names no older kubectl")

    def run(*words, stdin="", fails=False):
        _, *rest = api.words(*words)
        done = subprocess.run(
            [request.param, *rest], input=stdin, capture_output=True, text=True, timeout=60
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
