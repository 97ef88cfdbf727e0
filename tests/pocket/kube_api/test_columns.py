"""What ``kubectl get`` shows: times, selectors, and what administers a cluster."""

from __future__ import annotations

import pytest

from owlab.pocket.kube.columns.cells import age, duration, selector_at

from .rows import MADE, ago, row


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0s"),
        (0, "0s"),
        (119.9, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (599, "9m59s"),
        (600, "10m"),
        (601, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600 - 1, "7h59m"),
        (8 * 3600 + 120, "8h"),
        (48 * 3600 - 1, "47h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (8 * 86400 - 1, "7d23h"),
        (8 * 86400 + 7200, "8d"),
        (730 * 86400 - 1, "729d"),
        (730 * 86400, "2y"),
        (731 * 86400, "2y1d"),
        (8 * 365 * 86400 - 1, "7y364d"),
        (8 * 365 * 86400 + 86400, "8y"),
    ],
)
def test_how_kubectl_writes_times(seconds, text):
    assert duration(seconds) == text


def test_ages():
    assert age(None) == age("") == "<unknown>"
    assert age(ago(hours=5, seconds=2)) == "5h"
    assert age("2020-01-01T00:00:00Z") == age("2020-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (None, "<none>"),
        ({}, "<none>"),
        ({"b": "2", "a": "1"}, "a=1,b=2"),
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        (
            {"matchExpressions": [{"key": "a", "operator": "In", "values": ["y", "x"]}]},
            "a in (x,y)",
        ),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x"]}]}, "a notin (x)"),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, "a"),
        (
            {
                "matchLabels": {"b": "2"},
                "matchExpressions": [{"key": "a", "operator": "DoesNotExist"}],
            },
            "b=2,!a",
        ),
    ],
)
def test_selectors(selector, text):
    assert selector_at("spec", "selector")({"spec": {"selector": selector}}) == text


READY = {
    "conditions": [{"type": "DiskPressure", "status": "False"}, {"type": "Ready", "status": "True"}]
}
INFO = {
    "kubeletVersion": "v1.36",
    "osImage": "Ubuntu",
    "kernelVersion": "6.8",
    "containerRuntimeVersion": "containerd://2",
}


@pytest.mark.parametrize(
    ("obj", "cells"),
    [
        ({"status": {}}, ["NotReady", "<none>", ""]),
        ({"status": READY, "spec": {}}, ["Ready", "<none>", ""]),
        (
            {
                "status": {**READY, "nodeInfo": INFO},
                "spec": {"unschedulable": True},
                "metadata": {
                    "labels": {
                        "node-role.kubernetes.io/master": "true",
                        "node-role.kubernetes.io/control-plane": "true",
                        "other": "true",
                    }
                },
            },
            ["Ready,SchedulingDisabled", "control-plane,master", "v1.36"],
        ),
    ],
)
def test_nodes(obj, cells):
    assert row("Node", obj) == cells


def test_nodes_wide():
    addresses = [
        {"type": "Hostname", "address": "m"},
        {"type": "InternalIP", "address": "10.1.1.1"},
    ]
    obj = {"status": {"addresses": addresses, "nodeInfo": INFO}}
    assert row("Node", obj, wide=True) == ["10.1.1.1", "<none>", "Ubuntu", "6.8", "containerd://2"]


def test_events():
    event = {
        "type": "Warning",
        "reason": "BackOff",
        "message": " no\n",
        "involvedObject": {"kind": "Pod", "name": "web", "fieldPath": "spec.x"},
        "source": {"component": "kubelet"},
        "firstTimestamp": ago(hours=9.5),
        "lastTimestamp": ago(minutes=20.5),
        "count": 7,
    }
    assert row("Event", event) == ["20m", "Warning", "BackOff", "pod/web", "no"]
    assert row("Event", event, wide=True) == ["spec.x", "kubelet", "9h", 7]
    newer = {
        "note": "yes",
        "regarding": {"kind": "Node", "name": "m"},
        "eventTime": ago(minutes=20.5),
        "metadata": {"creationTimestamp": ago(hours=9.5)},
    }
    assert row("Event", newer) == ["20m", "", "", "node/m", "yes"]
    assert row("Event", newer, wide=True) == ["", "", "9h", 1]
    del newer["eventTime"]
    assert row("Event", newer)[0] == "9h"


TRUE, FALSE = {"type": "Available", "status": "True"}, {"type": "Available", "status": "False"}
LIMITED = {
    "nominalConcurrencyShares": 20,
    "limitResponse": {"queuing": {"queues": 64, "handSize": 6}},
}


@pytest.mark.parametrize(
    ("kind", "obj", "cells"),
    [
        ("ConfigMap", {}, [0]),
        ("ConfigMap", {"data": {"a": "1", "b": "2"}, "binaryData": {"c": "MQ=="}}, [3]),
        ("Secret", {"type": "Opaque", "data": {"a": "MQ=="}}, ["Opaque", 1]),
        ("CustomResourceDefinition", {}, [MADE]),
        ("Namespace", {"status": {"phase": "Active"}}, ["Active"]),
        ("PriorityClass", {"value": 5}, [5, False, "PreemptLowerPriority"]),
        ("PriorityClass", {"value": 0, "globalDefault": True}, [0, True, "PreemptLowerPriority"]),
        ("RuntimeClass", {"handler": "runc"}, ["runc"]),
        ("Lease", {"spec": {"holderIdentity": "m"}}, ["m"]),
        (
            "ResourceQuota",
            {
                "spec": {"hard": {"pods": "4", "limits.cpu": "2", "cpu": "1"}},
                "status": {"used": {"pods": "3"}},
            },
            ["cpu: 0/1, pods: 3/4", "limits.cpu: 0/2"],
        ),
        ("ResourceQuota", {"spec": {}}, ["", ""]),
        ("APIService", {"spec": {}}, ["Local", "True"]),
        ("APIService", {"spec": {}, "status": {"conditions": [TRUE]}}, ["Local", "True"]),
        ("APIService", {"spec": {"service": {"namespace": "a", "name": "b"}}}, ["a/b", "Unknown"]),
        (
            "APIService",
            {"spec": {}, "status": {"conditions": [{**FALSE, "reason": "MissingEndpoints"}]}},
            ["Local", "False (MissingEndpoints)"],
        ),
        (
            "FlowSchema",
            {
                "spec": {
                    "priorityLevelConfiguration": {"name": "exempt"},
                    "matchingPrecedence": 1,
                    "distinguisherMethod": {"type": "ByUser"},
                },
                "status": {"conditions": [{"type": "Dangling", "status": "True"}]},
            },
            ["exempt", 1, "ByUser", "True"],
        ),
        ("FlowSchema", {"spec": {}}, ["", "", "", "False"]),
        ("PriorityLevelConfiguration", {"spec": {"type": "Exempt"}}, ["Exempt", *["<none>"] * 4]),
        (
            "PriorityLevelConfiguration",
            {"spec": {"type": "Limited", "limited": LIMITED}},
            ["Limited", "20", "64", "6", "<none>"],
        ),
        ("ValidatingAdmissionPolicy", {"spec": {}}, [0, "<unset>"]),
        (
            "ValidatingAdmissionPolicy",
            {
                "spec": {
                    "validations": [{}, {}],
                    "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
                }
            },
            [2, "v1/ConfigMap"],
        ),
        ("MutatingAdmissionPolicy", {"spec": {"mutations": [{}]}}, [1, "<unset>"]),
        ("ValidatingAdmissionPolicyBinding", {"spec": {"policyName": "p"}}, ["p", "<unset>"]),
        (
            "MutatingAdmissionPolicyBinding",
            {"spec": {"policyName": "p", "paramRef": {"selector": {}}}},
            ["p", "*"],
        ),
        (
            "ValidatingAdmissionPolicyBinding",
            {"spec": {"policyName": "p", "paramRef": {"name": "a", "namespace": "n"}}},
            ["p", "n/a"],
        ),
        (
            "ValidatingAdmissionPolicyBinding",
            {"spec": {"policyName": "p", "paramRef": {"name": "a"}}},
            ["p", "a"],
        ),
        ("CSINode", {"spec": {"drivers": [{}]}}, [1]),
        ("ValidatingWebhookConfiguration", {"webhooks": [{}, {}]}, [2]),
        ("MutatingWebhookConfiguration", {}, [0]),
        (
            "ComponentStatus",
            {"conditions": [{"type": "Healthy", "status": "True", "message": "ok"}]},
            ["Healthy", "ok", ""],
        ),
        (
            "ComponentStatus",
            {"conditions": [{"type": "Healthy", "status": "False", "error": "down"}]},
            ["Unhealthy", "", "down"],
        ),
        ("ComponentStatus", {}, ["Unhealthy", "", ""]),
        ("CertificateSigningRequest", {"spec": {}}, ["<none>", "", "<none>", "Pending"]),
        (
            "CertificateSigningRequest",
            {
                "spec": {"signerName": "a/b", "username": "ada", "expirationSeconds": 3600},
                "status": {"conditions": [{"type": "Approved"}], "certificate": "x"},
            },
            ["a/b", "ada", "60m", "Approved,Issued"],
        ),
        (
            "CertificateSigningRequest",
            {"spec": {}, "status": {"conditions": [{"type": "Failed"}, {"type": "Approved"}]}},
            ["<none>", "", "<none>", "Approved,Failed"],
        ),
        (
            "CertificateSigningRequest",
            {"spec": {}, "status": {"conditions": [{"type": "Denied"}]}},
            ["<none>", "", "<none>", "Denied"],
        ),
    ],
)
def test_administration(kind, obj, cells):
    assert row(kind, obj) == cells


def test_bindings():
    subjects = [
        {"kind": "User", "name": "ada"},
        {"kind": "User", "name": "bob"},
        {"kind": "Group", "name": "devs"},
        {"kind": "ServiceAccount", "name": "default", "namespace": "web"},
    ]
    obj = {"roleRef": {"kind": "Role", "name": "view"}, "subjects": subjects}
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        assert row(kind, obj) == ["Role/view"]
        assert row(kind, obj, wide=True) == ["ada,bob", "devs", "web/default"]
        assert row(kind, {**obj, "subjects": None}, wide=True) == ["", "", ""]
