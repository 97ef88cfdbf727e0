"""A Job's pods are found by the Job's uid."""

from __future__ import annotations

from owlab.pocket.ground.views import Object


def label(job: Object) -> None:
    """Give a Job its selector, and its pods the labels for it, in place."""
    uid, name = job["metadata"]["uid"], job["metadata"].get("name", "")
    template = job["spec"].setdefault("template", {})
    meta = template.get("metadata") or {}
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template["metadata"] = {**meta, "labels": {**(meta.get("labels") or {}), **labels}}
    if not job["metadata"].get("labels"):
        # As clients see a Job that was given none.
        job["metadata"]["labels"] = dict(template["metadata"]["labels"])
    job["spec"]["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
