"""Exercises of notebook 06."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from owlab import observed
from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import answered, printed
from owlab.steps.kubernetes import items


def _invokers_node(lab: Lab, answer: object) -> list[Claim]:
    pods = observed.pods(lab, lab.config.openwhisk.namespace)
    name = f"{lab.config.openwhisk.release}-invoker-0"
    right = next((pod["node"] for pod in pods if pod["name"] == name), "")
    return answered(
        answer,
        right,
        _("the node of {name}").format(name=name),
        _("The table pods has a column node."),
    )


def _database_again(lab: Lab, answer: object) -> list[Claim]:
    settings = lab.config.openwhisk
    pods = {pod["metadata"]["name"]: pod for pod in items(lab, "pods", settings.namespace)}
    couch = [pod for name, pod in pods.items() if name.startswith(f"{settings.release}-couchdb-")]
    jobs = [
        pod for name, pod in pods.items() if name.startswith(f"{settings.release}-install-packages")
    ]
    made = max((pod["metadata"]["creationTimestamp"] for pod in couch), default="")
    before = max((pod["metadata"]["creationTimestamp"] for pod in jobs), default="")
    ready = [observed.pod_status(pod) for pod in couch]
    return [
        claim(
            _("CouchDB's pod is younger than the deployment"),
            bool(made) and made > before,
            _("made {made}").format(made=made) if made else _("no pod"),
            _("kubectl delete pod: its Deployment makes another one."),
        ),
        claim(
            _("it runs"),
            ready == ["Running"],
            ready or _("no pod"),
            _("kubectl rollout status tells when."),
        ),
        claim(
            _("OpenWhisk still knows its packages"),
            bool(printed(lab, lab.master, "wsk -i package list /whisk.system | grep utils")),
            _("wsk package list /whisk.system"),
            _("The database is asked anew: give it a moment."),
        ),
    ]


def _more_memory(lab: Lab, answer: object) -> list[Claim]:
    settings = lab.config.openwhisk
    text = f"sudo helm --kubeconfig /etc/rancher/k3s/k3s.yaml get values {settings.release} " + (
        f"-n {settings.namespace} -o json"
    )
    values: dict[str, Any] = {}
    with suppress(json.JSONDecodeError):
        values = json.loads(printed(lab, lab.master, text) or "{}")
    limit = values.get("whisk", {}).get("limits", {}).get("actions", {}).get("memory", {})
    return [
        claim(
            _("the release allows actions of 1 GB"),
            str(limit.get("max", "")) == "1024m",
            limit or _("the chart's own limits"),
            _("helm upgrade with --reuse-values and --set whisk.limits.actions.memory.max=1024m."),
        )
    ]


JUDGES = {"06.1": _invokers_node, "06.2": _database_again, "06.3": _more_memory}
