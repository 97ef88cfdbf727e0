"""Requests to the Kubernetes API: every kind, every verb, every way to patch."""

from __future__ import annotations

import copy
from typing import Any

import httpx

from owlab.pocket.kube.apiserver.app import kube_app
from owlab.pocket.kube.apiserver.negotiation import PROTOBUF
from owlab.pocket.kube.apiserver.protobuf_messages import OBJECTS

from ..clients.manifests import config_map, definition, deployment, of, pod, service
from ..pocket.controllers.conftest import Bench
from .harness import Findings, fuzz
from .mutations import Mutator, Request
from .protobuf import encode

TOKEN = "a-token"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
QUERIES: dict[str, tuple[str, ...]] = {
    "limit": ("1", "2"),
    "continue": ("abc", "eyJydiI6MX0"),
    "labelSelector": ("app=web", "app in (a,b)", "!app", "a=b=c", "app notin ("),
    "fieldSelector": ("metadata.name=web", "status.phase!=Running", "spec.a.b.c=1", "=="),
    "resourceVersion": ("100", "abc"),
    "fieldManager": ("me", "x" * 200),
    "fieldValidation": ("Strict", "Warn", "Ignore", "No"),
    "dryRun": ("All", "None"),
    "force": ("true",),
    "propagationPolicy": ("Foreground", "Orphan", "No"),
    "gracePeriodSeconds": ("0", "abc", "-5"),
    "includeObject": ("Object", "None", "x"),
    "tailLines": ("1", "-1"),
    "sinceSeconds": ("1",),
    "sinceTime": ("2020-01-01T00:00:00Z", "x"),
    "limitBytes": ("1",),
    "container": ("main", "no"),
    "timestamps": ("true",),
    "previous": ("true",),
    "timeout": ("1s",),
}
JSON, MERGE = "application/json", "application/merge-patch+json"
STRATEGIC, PATCH = "application/strategic-merge-patch+json", "application/json-patch+json"
APPLY = "application/apply-patch+yaml"


def _policies(space: str) -> list[tuple[str, dict[str, Any]]]:
    """What bounds others: quotas, limits, priorities, rights."""
    rbac = "rbac.authorization.k8s.io/v1"
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "some"}
    in_class = {"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}
    quota = {
        "hard": {"pods": "500", "cpu": "1000", "count/deployments.apps": "900"},
        "scopeSelector": {"matchExpressions": [in_class]},
    }
    limits = [
        {
            "type": "Container",
            "default": {"cpu": "1"},
            "min": {"cpu": "1m"},
            "max": {"memory": "64Gi"},
            "maxLimitRequestRatio": {"cpu": "100"},
        },
        {"type": "Pod", "max": {"cpu": "500"}},
        {"type": "PersistentVolumeClaim", "max": {"storage": "5Ti"}},
    ]
    return [
        (f"/api/v1{space}/resourcequotas", of("v1", "ResourceQuota", spec=quota)),
        (f"/api/v1{space}/limitranges", of("v1", "LimitRange", spec={"limits": limits})),
        (
            "/apis/scheduling.k8s.io/v1/priorityclasses",
            of("scheduling.k8s.io/v1", "PriorityClass", value=5),
        ),
        (
            f"/apis/{rbac}/clusterroles",
            of(
                rbac,
                "ClusterRole",
                rules=[rule],
                aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]},
            ),
        ),
        (
            f"/apis/{rbac}{space}/rolebindings",
            of(rbac, "RoleBinding", roleRef=role, subjects=[{"kind": "User", "name": "jane"}]),
        ),
    ]


def objects() -> list[tuple[str, dict[str, Any]]]:
    """Paths of collections, and an object for each."""
    space = "/namespaces/default"
    template = deployment()["spec"]["template"]
    rich = copy.deepcopy(deployment("rich"))
    rich["spec"]["template"]["spec"] = {
        "initContainers": [{"name": "init", "image": "busybox", "command": ["true"]}],
        "containers": [
            {
                "name": "main",
                "image": "nginx:1.27",
                "args": ["a"],
                "env": [
                    {"name": "A", "value": "b"},
                    {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
                ],
                "envFrom": [{"secretRef": {"name": "s", "optional": True}}],
                "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}],
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": 1}},
                "volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": "x"}],
                "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5},
                "securityContext": {"runAsUser": 1000, "capabilities": {"drop": ["ALL"]}},
            }
        ],
        "volumes": [
            {"name": "v", "emptyDir": {}},
            {"name": "c", "configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
        ],
        "nodeSelector": {"role": "core"},
        "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}
                    ]
                }
            }
        },
    }
    job = {**template["spec"], "restartPolicy": "Never"}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "required": ["size"],
                "properties": {
                    "size": {"type": "integer", "minimum": 1, "maximum": 9, "default": 2},
                    "name": {"type": "string", "pattern": "^(a+)+$", "maxLength": 60},
                    "list": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                    "any": {"x-kubernetes-int-or-string": True},
                },
            }
        },
    }
    crow = of("example.com/v1", "Crow", spec={"size": 3, "name": "aaa", "list": ["x"]})
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "local-path",
    }
    return [
        (f"/api/v1{space}/pods", pod()),
        (f"/api/v1{space}/services", service()),
        (f"/api/v1{space}/configmaps", config_map(a="b")),
        (f"/api/v1{space}/secrets", of("v1", "Secret", data={"a": "Yg=="}, stringData={"c": "d"})),
        (f"/api/v1{space}/serviceaccounts", of("v1", "ServiceAccount")),
        (f"/api/v1{space}/persistentvolumeclaims", of("v1", "PersistentVolumeClaim", spec=claim)),
        (f"/api/v1{space}/events", of("v1", "Event", involvedObject={"kind": "Pod", "name": "x"})),
        ("/api/v1/namespaces", of("v1", "Namespace", "space")),
        ("/api/v1/nodes", of("v1", "Node", "worker9", spec={"podCIDR": "10.42.9.0/24"})),
        (
            "/api/v1/persistentvolumes",
            of(
                "v1",
                "PersistentVolume",
                spec={
                    "capacity": {"storage": "1Gi"},
                    "accessModes": ["ReadWriteMany"],
                    "nfs": {"server": "127.9.0.1", "path": "/x"},
                },
            ),
        ),
        (f"/apis/apps/v1{space}/deployments", deployment()),
        (f"/apis/apps/v1{space}/deployments", rich),
        (
            f"/apis/apps/v1{space}/statefulsets",
            of(
                "apps/v1",
                "StatefulSet",
                "web",
                spec={
                    "serviceName": "web",
                    "selector": {"matchLabels": {"app": "web"}},
                    "template": template,
                    "volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": claim}],
                },
            ),
        ),
        (
            f"/apis/apps/v1{space}/daemonsets",
            of(
                "apps/v1",
                "DaemonSet",
                "web",
                spec={"selector": {"matchLabels": {"app": "web"}}, "template": template},
            ),
        ),
        (f"/apis/batch/v1{space}/jobs", of("batch/v1", "Job", spec={"template": {"spec": job}})),
        (
            f"/apis/batch/v1{space}/cronjobs",
            of(
                "batch/v1",
                "CronJob",
                spec={
                    "schedule": "*/5 * * * *",
                    "jobTemplate": {"spec": {"template": {"spec": job}}},
                },
            ),
        ),
        (
            f"/apis/autoscaling/v2{space}/horizontalpodautoscalers",
            of(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                spec={
                    "scaleTargetRef": {
                        "apiVersion": "apps/v1",
                        "kind": "Deployment",
                        "name": "web",
                    },
                    "minReplicas": 1,
                    "maxReplicas": 3,
                    "metrics": [
                        {
                            "type": "Resource",
                            "resource": {
                                "name": "cpu",
                                "target": {"type": "Utilization", "averageUtilization": 50},
                            },
                        }
                    ],
                },
            ),
        ),
        *_policies(space),
        (
            f"/apis/policy/v1{space}/poddisruptionbudgets",
            of(
                "policy/v1",
                "PodDisruptionBudget",
                spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
            ),
        ),
        (
            f"/apis/networking.k8s.io/v1{space}/ingresses",
            of(
                "networking.k8s.io/v1",
                "Ingress",
                spec={
                    "rules": [
                        {
                            "host": "a.example",
                            "http": {
                                "paths": [
                                    {
                                        "path": "/",
                                        "pathType": "Prefix",
                                        "backend": {
                                            "service": {"name": "web", "port": {"number": 80}}
                                        },
                                    }
                                ]
                            },
                        }
                    ]
                },
            ),
        ),
        (
            f"/apis/rbac.authorization.k8s.io/v1{space}/roles",
            of(
                "rbac.authorization.k8s.io/v1",
                "Role",
                rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
            ),
        ),
        (
            "/apis/storage.k8s.io/v1/storageclasses",
            of("storage.k8s.io/v1", "StorageClass", provisioner="x", reclaimPolicy="Delete"),
        ),
        (
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            definition("crow", schema["properties"]),
        ),
        (f"/apis/example.com/v1{space}/crows", crow),
    ]


def corpus() -> list[Request]:
    """Valid requests."""
    found: list[Request] = []
    for path, obj in objects():
        name = obj["metadata"]["name"]
        at = f"{path}/{name}"
        found += [
            Request("POST", path, body=obj),
            Request("POST", path, body=obj),
            Request("PUT", at, body=obj),
            Request("GET", path),
            Request("GET", at),
            Request("GET", path, (("watch", "1"), ("timeoutSeconds", "1"), ("limit", "5")))
            if name == "never"
            else Request("GET", path, (("limit", "1"),)),
            Request("PATCH", at, body=obj, headers=(("content-type", MERGE),)),
            Request("PATCH", at, body=obj, headers=(("content-type", STRATEGIC),)),
            Request(
                "PATCH",
                at,
                (("fieldManager", "me"),),
                body=obj,
                headers=(("content-type", APPLY),),
            ),
            Request(
                "PATCH",
                at,
                body=[
                    {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}},
                    {"op": "replace", "path": "/metadata/labels/a", "value": "c"},
                    {"op": "test", "path": "/metadata/name", "value": name},
                ],
                headers=(("content-type", PATCH),),
            ),
            Request("DELETE", at, body={"kind": "DeleteOptions", "propagationPolicy": "Orphan"}),
        ]
        if "status" not in path:
            found.append(
                Request("PATCH", f"{at}/status", body=obj, headers=(("content-type", MERGE),))
            )
        if obj["kind"] in OBJECTS:
            binary = (("content-type", PROTOBUF),)
            found += [
                Request("POST", path, raw=encode(obj), headers=binary),
                Request("PUT", at, raw=encode(obj), headers=binary),
            ]
    space = "/namespaces/default"
    review = {"resourceAttributes": {"verb": "get", "resource": "pods"}}
    found += [
        Request("GET", f"/apis/apps/v1{space}/deployments/web/scale"),
        Request(
            "PUT",
            f"/apis/apps/v1{space}/deployments/web/scale",
            body=of("autoscaling/v1", "Scale", "web", spec={"replicas": 2}),
        ),
        Request(
            "PATCH",
            f"/apis/apps/v1{space}/deployments/web/scale",
            body={"spec": {"replicas": 2}},
            headers=(("content-type", MERGE),),
        ),
        Request(
            "POST",
            f"/api/v1{space}/pods/box/eviction",
            body=of("policy/v1", "Eviction", "box", deleteOptions={"dryRun": ["All"]}),
        ),
        Request(
            "POST",
            f"/api/v1{space}/pods/box/binding",
            body=of("v1", "Binding", "box", target={"kind": "Node", "name": "worker1"}),
        ),
        Request(
            "POST",
            f"/api/v1{space}/serviceaccounts/default/token",
            body={"spec": {"audiences": ["a"], "expirationSeconds": 3600}},
        ),
        Request(
            "POST",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            body={"kind": "SelfSubjectAccessReview", "spec": review},
        ),
        Request("GET", f"/api/v1{space}/pods/box/log"),
        Request("GET", "/version"),
        Request("GET", "/openapi/v3"),
        Request("GET", "/openapi/v3/apis/apps/v1"),
        Request("GET", "/apis/apps/v1"),
        Request("DELETE", f"/api/v1{space}/configmaps", (("labelSelector", "a=b"),)),
    ]
    return found


def in_the_real_words(answer: httpx.Response) -> bool:
    """Kubernetes itself answers 500 to what cannot be applied."""
    return answer.status_code == 500 and "failed to create typed patch object" in answer.text


async def run(seed: int, count: int) -> Findings:
    """A new cluster, and ``count`` requests."""
    bench = Bench()
    await bench.start()
    app = kube_app(
        bench.store, tokens={TOKEN: "system:admin"}, version="v1", kubelet=bench.cluster.kubelet
    )
    for path, obj in objects():
        if obj["metadata"]["name"] == "rich":
            continue
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            answer = await client.post(
                f"https://127.0.0.1{path}", json=obj, headers={"Authorization": f"Bearer {TOKEN}"}
            )
            assert answer.status_code == 201, answer.text
    mutator = Mutator(seed, METHODS, QUERIES)
    try:
        return await fuzz(
            app,
            corpus(),
            mutator,
            count,
            {"authorization": f"Bearer {TOKEN}", "content-type": JSON},
            may_fail=in_the_real_words,
        )
    finally:
        await bench.cluster.stop()
