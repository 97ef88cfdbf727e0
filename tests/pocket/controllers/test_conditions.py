"""Conditions: since when, whose, and that one module writes them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from owlab.pocket.ground import clock
from owlab.pocket.kube.apiserver import signing
from owlab.pocket.kube.authorization.users import UserInfo
from owlab.pocket.kube.conditions import condition, since, with_condition
from owlab.pocket.kube.registry import Registry
from tests.unit.core.test_names import PACKAGE

BEFORE, NOW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
READY = {"type": "Ready", "status": "True", "lastTransitionTime": BEFORE}


@pytest.mark.parametrize(
    ("kind", "value", "time"),
    [("Ready", "True", BEFORE), ("Ready", "False", NOW), ("Other", "True", NOW)],
)
def test_the_time_moves_with_the_value(kind, value, time):
    status = {"conditions": [READY]}
    assert since(status, kind, value, NOW) == time
    new = with_condition(status, kind, value, NOW)
    found = condition({"status": new}, kind)
    assert found is not None and found["lastTransitionTime"] == time
    assert status == {"conditions": [READY]}


class Allows:
    """An authorizer to whom everybody may do all."""

    allowed = True

    def decide(self, user, attributes):
        return self


def test_an_approval_that_stands_keeps_its_time(monkeypatch):
    monkeypatch.setattr(clock, "source", lambda: 1767312000 * 10**9)
    spec = {"signerName": "a.b/c", "request": base64.b64encode(b"x").decode()}
    approved = {"type": "Approved", "status": "True", "reason": "r"}
    old = {
        "metadata": {"name": "jane"},
        "spec": spec,
        "status": {"conditions": [approved | {"lastTransitionTime": BEFORE}]},
    }
    failed = {"type": "Failed", "status": "True", "reason": "r"}
    new = {**old, "status": {"conditions": [approved, failed]}}
    allows: Any = Allows()
    kind = Registry().in_group("certificates.k8s.io", "CertificateSigningRequest")
    assert kind is not None
    made = signing.approved(allows, UserInfo("jane", ()), kind, old, new)
    assert [
        (c["type"], c["lastUpdateTime"], c["lastTransitionTime"])
        for c in made["status"]["conditions"]
    ] == [("Approved", NOW, BEFORE), ("Failed", NOW, NOW)]


def test_one_module_writes_conditions():
    """Who approves a request writes its own; the API server adds the times."""
    known = {"conditions.py", "signing.py"}
    writers = {
        path.name
        for path in (PACKAGE / "pocket" / "kube").rglob("*.py")
        if '"lastTransitionTime": ' in path.read_text("utf-8")
    }
    assert writers == known
