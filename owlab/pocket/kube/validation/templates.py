"""Where each kind has the spec of its pods."""

from __future__ import annotations

TEMPLATES: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"),
        ("spec", "template", "spec"),
    ),
}
