"""Small objects for the tests."""

from __future__ import annotations

from typing import Any

from owlab.pocket.ground.views import Object


def template(image: str = "nginx", **spec: Any) -> Object:
    return {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": image}], **spec},
    }


def workload(kind: str, replicas: int = 2, image: str = "nginx", **spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            **({} if kind == "DaemonSet" else {"replicas": replicas}),
            "selector": {"matchLabels": {"app": "web"}},
            "template": template(image, **spec),
        },
    }


def job(script: str, backoff: int = 6) -> Object:
    pod = template("busybox", restartPolicy="Never")
    pod["spec"]["containers"][0]["command"] = ["sh", "-c", script]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "task", "namespace": "default"},
        "spec": {"backoffLimit": backoff, "template": pod},
    }
