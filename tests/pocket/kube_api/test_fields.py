"""Obey, refuse or warn: every field of every kind that is served is one of the three."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import owlab.pocket.kube
from owlab.pocket.kube.kinds import KINDS
from owlab.pocket.kube.schemas.support import SAID, inner_model, support, unheeded
from owlab.pocket.kube.schemas.types import fields, model_of

from . import fields_page

ROOT = Path(owlab.pocket.kube.__file__).parent
OF_THE_STORE = ("apiVersion", "kind", "metadata", "status")
LEAVES = ("V1ObjectMeta", "V1JSONSchemaProps")
TOPS = [m for m in (model_of(k.api_version, k.kind) for k in KINDS) if m is not None]


def obeyed_by(model: str) -> dict[str, str]:
    """The file that acts on each field that one acts on."""
    groups = support().get(model, {}).get("obeyed", {})
    return {name: file for file, names in groups.items() for name in names}


def reached() -> Iterator[str]:
    """The models whose fields have to be listed: those below fields that are obeyed."""
    waiting, seen = list(TOPS), set()
    while waiting:
        model = waiting.pop()
        if model in seen or model in LEAVES:
            continue
        seen.add(model)
        yield model
        obeyed = obeyed_by(model)
        for field in fields(model).values():
            inner = inner_model(field.type)
            if field.name in obeyed and inner is not None:
                waiting.append(inner)


REACHED = sorted(reached())


@pytest.mark.parametrize("model", REACHED)
def test_every_field_is_obeyed_refused_kept_or_warned_of(model):
    known = support().get(model, {})
    listed = [*obeyed_by(model), *known.get("warned", {})]
    listed += [*known.get("kept", ()), *known.get("refused", ())]
    served = {f for f in fields(model) if model not in TOPS or f not in OF_THE_STORE}
    assert sorted(listed) == sorted(served)


def test_nothing_is_listed_that_is_not_served():
    assert set(support()) <= set(REACHED)


def test_who_obeys_a_field_reads_it():
    wrong = []
    for model in REACHED:
        for name, file in obeyed_by(model).items():
            if not re.search(rf"""["'.]{re.escape(name)}["'.]""", (ROOT / file).read_text()):
                wrong.append(f"{model}.{name}: {file} does not read it")
    assert not wrong


def test_the_page_is_current():
    assert fields_page.FILE.read_text() == fields_page.page()


POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "box"},
    "spec": {
        "hostUsers": True,
        "hostIPC": True,
        "containers": [
            {"name": "a", "image": "nginx"},
            {"name": "b", "image": "nginx", "volumeDevices": [{"name": "v", "devicePath": "/v"}]},
        ],
    },
}


def test_what_is_set_is_warned_of():
    assert unheeded(POD) == [
        f"spec.containers[1].volumeDevices: {SAID}",
        f"spec.hostIPC: {SAID}",
    ]


def test_what_was_there_is_not_warned_of_again():
    assert unheeded(POD, POD) == []
    other = {**POD, "spec": {**POD["spec"], "hostPID": True}}
    assert unheeded(other, POD) == [f"spec.hostPID: {SAID}"]


def test_policies_of_admission_are_kept_and_warned_of():
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": "none"},
        "spec": {"reinvocationPolicy": "Never"},
    }
    assert unheeded(policy) == [f"spec: {SAID}"]
