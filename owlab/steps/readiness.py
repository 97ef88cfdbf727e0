"""Is OpenWhisk ready, how far is it, and what is in its way (section 6.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from owlab.command import Command
from owlab.fact import Fact
from owlab.lab import Lab
from owlab.language import _, listed
from owlab.step import Check, Evidence
from owlab.steps import addresses, certificate
from owlab.steps.control import control
from owlab.steps.kubernetes import condition, items, one, warnings

Object = dict[str, Any]


def check(lab: Lab, machine: str) -> Check:
    """Packages installed, claims bound where they should be, an invoker healthy."""
    return _check(lab, _on_storage)


def check_by_api(lab: Lab, machine: str) -> Check:
    """The same where nobody can look at the NFS server itself."""
    return _check(lab, _in_volumes)


def _check(lab: Lab, claims: Callable[[Lab, list[Object]], list[Evidence]]) -> Check:
    settings = lab.config.openwhisk
    job = one(lab, f"job {settings.release}-install-packages", settings.namespace)
    gave_up = _gave_up(items(lab, "jobs", settings.namespace))
    done = condition(job, "Complete") and not gave_up
    seen = "; ".join(gave_up) if job else _("not deployed")
    installed = Evidence(_("packages installed"), done, seen)
    if not installed.ok:
        return Check((installed,))
    return Check((installed, *_claims(lab, claims), _pods(lab), _invokers(lab)))


def _gave_up(jobs: list[Object]) -> list[str]:
    """Jobs that try no more, each with its reason."""
    return [
        _("job {name} gave up: {message}").format(
            name=job["metadata"]["name"], message=told["message"]
        )
        for job in jobs
        for told in job.get("status", {}).get("conditions", [])
        if (told["type"], told["status"]) == ("Failed", "True")
    ]


def _claims(lab: Lab, kept: Callable[[Lab, list[Object]], list[Evidence]]) -> list[Evidence]:
    wanted = lab.config.openwhisk.storage_class
    claims = items(lab, "persistentvolumeclaims", lab.config.openwhisk.namespace)
    bound = [c for c in claims if c["status"].get("phase") == "Bound"]
    found = [
        Evidence(
            _("claims bound"),
            bound == claims,
            _("{count} of {total}").format(count=len(bound), total=len(claims)),
        )
    ]
    if not wanted:
        return found
    # A claim on K3s' local-path is Bound as well: only class and directory prove NFS.
    elsewhere = [c for c in claims if c["spec"].get("storageClassName") != wanted]
    found.append(
        Evidence(
            _("claims on {wanted}").format(wanted=wanted),
            not elsewhere,
            f"{len(claims) - len(elsewhere)}",
        )
    )
    return found if wanted != lab.config.provisioner.storage_class else [*found, *kept(lab, claims)]


def _on_storage(lab: Lab, claims: list[Object]) -> list[Evidence]:
    """What lies in the export, and the address that volumes have of it."""
    nothing: set[str] = set()
    listing = Command(f"ls {lab.config.nfs.path}", on=lab.storage)
    there = lab.fact(Fact(listing, lambda out: set(out.split()), nothing))
    return [_volumes(lab), _each_has_one(lab, claims, there)]


def _in_volumes(lab: Lab, claims: list[Object]) -> list[Evidence]:
    """What volumes say of the export."""
    exports = [volume["spec"].get("nfs") for volume in items(lab, "persistentvolumes")]
    server, path = lab.config.cluster.nfs_server, f"{lab.config.nfs.path}/"
    mine = [e["path"] for e in exports if e and e["server"] == server]
    there = {name.removeprefix(path) for name in mine if name.startswith(path)}
    return [_each_has_one(lab, claims, there)]


def _each_has_one(lab: Lab, claims: list[Object], directories: set[str]) -> Evidence:
    missing = [c["metadata"]["name"] for c in claims if _directory(c) not in directories]
    return Evidence(
        _("a directory on {storage} for each claim").format(storage=lab.storage),
        not missing,
        _("missing for {names}").format(names=listed(missing)) if missing else str(len(claims)),
    )


def _volumes(lab: Lab) -> Evidence:
    """A volume keeps the address that it was made with; the NFS server may get another one."""
    address = lab.address(lab.storage)
    servers = [volume["spec"].get("nfs", {}).get("server") for volume in items(lab, "pv")]
    old = sorted({server for server in servers if server and server != address})
    seen = (
        _("made for {names}: uninstall OpenWhisk and deploy it again").format(names=listed(old))
        if old
        else address
    )
    return Evidence(_("volumes on the NFS server's address"), not old, seen)


def _directory(claim: Object) -> str:
    """The provisioner's name for a claim's directory: namespace, claim, volume."""
    meta = claim["metadata"]
    return f"{meta['namespace']}-{meta['name']}-{claim['spec'].get('volumeName')}"


def _pods(lab: Lab) -> Evidence:
    pods = items(lab, "pods", lab.config.openwhisk.namespace)
    bad = [pod["metadata"]["name"] for pod in pods if not _fine(pod)]
    seen = listed(bad) if bad else _("{count} Running or Completed").format(count=len(pods))
    return Evidence(_("pods"), not bad and bool(pods), seen)


def _fine(pod: Object) -> bool:
    if pod["metadata"].get("deletionTimestamp"):
        return True
    return pod["status"].get("phase") == "Succeeded" or condition(pod, "Ready") or _retried(pod)


def _retried(pod: Object) -> bool:
    """A failed pod of a Job: the Job has made another, and says itself when it gives up."""
    owners = pod["metadata"].get("ownerReferences", [])
    return pod["status"].get("phase") == "Failed" and any(o["kind"] == "Job" for o in owners)


def _invokers(lab: Lab) -> Evidence:
    count = _healthy(lab, certificate.verification(lab))
    return Evidence(_("healthy invokers"), count > 0, str(count) if count else _why_silent(lab))


def _healthy(lab: Lab, options: str) -> int:
    address, port = lab.value(addresses.here(lab)), lab.config.openwhisk.port
    ask = f"curl -s {options} --max-time 10 https://{address}:{port}/invokers/healthy/count"
    counted = Fact(Command(ask, on=control(lab).machine), lambda out: int(out.strip()), 0)
    return lab.fact(counted)


def _why_silent(lab: Lab) -> str:
    """What is known of the service when nobody answers."""
    if _healthy(lab, "-k"):
        return _("it answers, but its certificate is not for {address}").format(
            address=lab.value(addresses.here(lab))
        )
    namespace = lab.config.openwhisk.namespace
    said = [w for w in warnings(lab, namespace, most=20).splitlines() if w.startswith("service ")]
    return "; ".join(["0", *said[-1:]])


def progress(lab: Lab) -> str:
    """One line for people who wait."""
    pods = items(lab, "pods", lab.config.openwhisk.namespace)
    ready = [pod for pod in pods if _fine(pod)]
    waiting = [pod["metadata"]["name"] for pod in pods if not _fine(pod)]
    shown = _(", waiting for {names}").format(names=listed(waiting[:3])) if waiting else ""
    return _("{count} of {total} pods ready{shown}").format(
        count=len(ready), total=len(pods), shown=shown
    )


def diagnose(lab: Lab, machine: str) -> str:
    """Jobs that gave up, with their logs' ends; pods that are not ready, each with its reason;
    the last warnings of the cluster."""
    namespace = lab.config.openwhisk.namespace
    jobs = [job for job in items(lab, "jobs", namespace) if _gave_up([job])]
    lines = [*_gave_up(jobs), *(_log(lab, job["metadata"]["name"]) for job in jobs)]
    lines += [
        f"pod {pod['metadata']['name']}: {_reason(pod)}"
        for pod in items(lab, "pods", namespace)
        if not _fine(pod)
    ]
    return "\n".join([*lines, warnings(lab, namespace)]).strip()


def _log(lab: Lab, job: str) -> str:
    here = control(lab)
    read = f"{here.kubectl} -n {lab.config.openwhisk.namespace} logs job/{job} --tail=5"
    return lab.fact(Fact(Command(read, on=here.machine), str.strip, ""))


def _reason(pod: Object) -> str:
    status = pod["status"]
    containers = status.get("initContainerStatuses", []) + status.get("containerStatuses", [])
    for container in containers:
        waiting = container.get("state", {}).get("waiting", {})
        if waiting.get("reason") not in (None, "PodInitializing"):
            return f"{container['name']}: {waiting['reason']} {waiting.get('message', '')}".strip()
    running = [c["name"] for c in containers if "running" in c.get("state", {})]
    return f"{status.get('phase')}, in {running[0]}" if running else str(status.get("phase"))
