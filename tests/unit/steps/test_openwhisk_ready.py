"""Is OpenWhisk ready, how far is it, and what is in its way: from what the cluster answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from owlab import Lab
from owlab.steps import readiness

from .conftest import Told, thing, true

SPACE = "-n openwhisk"
JOB = "owdev-install-packages"


def claim(name: str, phase: str = "Bound", kind: str = "nfs-client") -> dict[str, Any]:
    spec = {"storageClassName": kind, "volumeName": f"pvc-{name}"}
    return thing(name, "openwhisk", spec=spec, status={"phase": phase})


def pod(name: str, phase: str = "Running", ready: bool = True, **more: Any) -> dict[str, Any]:
    status = {"phase": phase, "conditions": true("Ready") if ready else []}
    return thing(name, "openwhisk", status=status | more.pop("status", {}), **more)


def volume(server: str, path: str = "/p") -> dict[str, Any]:
    return thing("v", spec={"nfs": {"server": server, "path": path}})


@pytest.fixture
def whole(lab: Lab, told: Told) -> Told:
    """All is well."""
    done = thing(JOB, status={"conditions": true("Complete")})
    told.has_one(f"job {JOB} {SPACE}", done)
    told.has(f"jobs {SPACE}", done)
    told.has(f"persistentvolumeclaims {SPACE}", claim("a"), claim("b"))
    told.says(r"^ls ", "openwhisk-a-pvc-a openwhisk-b-pvc-b archived-c\n")
    told.has("pv", volume("10.0.0.9"), volume("10.0.0.9"), thing("local", spec={}))
    told.has(f"pods {SPACE}", pod("nginx"), pod("job", "Succeeded", ready=False))
    told.says("invokers/healthy/count", "2\n")
    return told


def bad(lab: Lab) -> dict[str, str]:
    return {e.what: e.seen for e in readiness.check(lab, "master").evidence if not e.ok}


def test_it_is_ready(lab: Lab, whole: Told) -> None:
    check = readiness.check(lab, "master")
    assert check.done
    assert {e.what: e.seen for e in check.evidence} == {
        "packages installed": "",
        "claims bound": "2 of 2",
        "claims on nfs-client": "2",
        "volumes on the NFS server's address": "10.0.0.9",
        "a directory on storage for each claim": "2",
        "pods": "2 Running or Completed",
        "healthy invokers": "2",
    }


def test_before_its_packages_are_there_nothing_else_is_asked(lab: Lab, told: Told) -> None:
    assert bad(lab) == {"packages installed": "not deployed"}
    told.has_one(f"job {JOB} {SPACE}", thing(JOB))
    check = readiness.check(lab, "master")
    assert [(e.ok, e.seen) for e in check.evidence] == [(False, "")]


def test_a_job_that_gave_up(lab: Lab, whole: Told) -> None:
    failed = [{"type": "Failed", "status": "True", "message": "too often"}]
    other = [{"type": "Failed", "status": "False", "message": "no"},
             {"type": "Suspended", "status": "True", "message": "no"}]  # fmt: skip
    whole.has(
        f"jobs {SPACE}",
        thing("owdev-init-couchdb", status={"conditions": failed}),
        thing("owdev-other", status={"conditions": other}),
        thing("owdev-new"),
    )
    assert bad(lab) == {"packages installed": "job owdev-init-couchdb gave up: too often"}


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda told: told.has(f"persistentvolumeclaims {SPACE}", claim("a", "Pending"),
                               claim("b")),
         {"claims bound": "1 of 2"}),
        (lambda told: told.has(f"persistentvolumeclaims {SPACE}", claim("a"),
                               claim("b", kind="local-path")),
         {"claims on nfs-client": "1"}),
        (lambda told: told.says("^ls ", "openwhisk-a-pvc-a\n"),
         {"a directory on storage for each claim": "missing for b"}),
        (lambda told: told.has("pv", volume("10.0.0.8"), volume("10.0.0.9")),
         {"volumes on the NFS server's address":
          "made for 10.0.0.8: uninstall OpenWhisk and deploy it again"}),
        (lambda told: told.has(f"pods {SPACE}"), {"pods": "0 Running or Completed"}),
        (lambda told: told.has(f"pods {SPACE}", pod("a", ready=False), pod("b")), {"pods": "a"}),
        (lambda told: told.says("invokers/healthy/count", "0\n"), {"healthy invokers": "0"}),
        (lambda told: told.says("invokers/healthy/count", "", status=7),
         {"healthy invokers": "0"}),
    ],
)  # fmt: skip
def test_what_is_missing(
    lab: Lab, whole: Told, change: Callable[[Told], None], wanted: dict[str, str]
) -> None:
    change(whole)
    assert bad(lab) == wanted


@pytest.mark.parametrize(
    ("found", "fine"),
    [
        (pod("a"), True),
        (pod("a", ready=False), False),
        (pod("a", "Succeeded", ready=False), True),
        (pod("a", "Failed", ready=False), False),
        # A Job has made another, and says itself when it gives up.
        (pod("a", "Failed", ready=False, ownerReferences=[{"kind": "Job"}]), True),
        (pod("a", "Failed", ready=False, ownerReferences=[{"kind": "ReplicaSet"}]), False),
        (pod("a", "Pending", ready=False, ownerReferences=[{"kind": "Job"}]), False),
        (pod("a", "Running", ready=False, deletionTimestamp="2024-01-01"), True),
    ],
)
def test_pods_that_are_fine(lab: Lab, whole: Told, found: dict[str, Any], fine: bool) -> None:
    whole.has(f"pods {SPACE}", pod("b"), found)
    assert ("pods" not in bad(lab)) is fine
    progress = readiness.progress(lab)
    assert progress == ("2 of 2 pods ready" if fine else "1 of 2 pods ready, waiting for a")


def test_progress_names_three(lab: Lab, told: Told) -> None:
    assert readiness.progress(lab) == "0 of 0 pods ready"
    told.has(f"pods {SPACE}", *(pod(name, ready=False) for name in "abcd"))
    assert readiness.progress(lab) == "0 of 4 pods ready, waiting for a, b, c"


def test_a_certificate_for_another_address(lab: Lab, whole: Told) -> None:
    whole.says("curl -s --cacert .*invokers/healthy/count", status=60)
    whole.says("curl -s -k .*invokers/healthy/count", "2\n")
    assert bad(lab) == {"healthy invokers": "it answers, but its certificate is not for 10.0.0.9"}


def test_a_service_without_a_port(lab: Lab, whole: Told) -> None:
    whole.says("invokers/healthy/count", status=7)
    about = [
        thing("e", involvedObject={"kind": kind, "name": name}, type="Warning", message=name)
        for kind, name in (("Service", "old"), ("Service", "new"), ("Pod", "p"))
    ]
    whole.has(f"events --sort-by=.lastTimestamp {SPACE}", *about)
    assert bad(lab) == {"healthy invokers": "0; service new: new"}


def test_a_storage_class_of_the_clusters_own(make: Callable[..., Lab], whole: Told) -> None:
    lab = make(openwhisk_storage_class="")
    whole.has(f"persistentvolumeclaims {SPACE}", claim("a", kind="local-path"))
    whole.says("^ls ", status=1)
    assert readiness.check(lab, "master").done
    named = make(openwhisk_storage_class="local-path")
    assert readiness.check(named, "master").done
    whole.has(f"persistentvolumeclaims {SPACE}", claim("a"))
    assert bad(named) == {"claims on local-path": "0"}


def test_by_the_api_alone(make: Callable[..., Lab], whole: Told) -> None:
    lab = make(
        provider="cluster", cluster_kubeconfig="kc", cluster_nodes=["a"],
        cluster_nfs_server="10.0.0.7",
    )  # fmt: skip
    path = lab.config.nfs.path

    def missing() -> list[str]:
        check = readiness.check_by_api(lab, "host")
        return [e.seen for e in check.evidence if not e.ok]

    whole.has("persistentvolumes")
    assert missing() == ["missing for a, b"]
    good = [volume("10.0.0.7", f"{path}/openwhisk-{n}-pvc-{n}") for n in ("a", "b")]
    whole.has("persistentvolumes", *good, thing("local"))
    assert missing() == []
    other = volume("10.0.0.8", f"{path}/openwhisk-b-pvc-b")
    whole.has("persistentvolumes", good[0], other)
    assert missing() == ["missing for b"]
    elsewhere = volume("10.0.0.7", f"/other{path}/openwhisk-b-pvc-b")
    whole.has("persistentvolumes", good[0], elsewhere)
    assert missing() == ["missing for b"]


# -- what is in the way --------------------------------------------------------------------


def container(name: str, **state: Any) -> dict[str, Any]:
    return {"name": name, "state": state}


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ({"phase": "Pending"}, "Pending"),
        ({"phase": "Pending", "containerStatuses": [
            container("a", waiting={"reason": "ErrImagePull", "message": "gone"})]},
         "a: ErrImagePull gone"),
        ({"phase": "Pending", "containerStatuses": [
            container("a", waiting={"reason": "CrashLoopBackOff"})]}, "a: CrashLoopBackOff"),
        # It waits for the init container, whose state is the reason.
        ({"phase": "Pending",
          "initContainerStatuses": [container("i", running={})],
          "containerStatuses": [container("a", waiting={"reason": "PodInitializing"})]},
         "Pending, in i"),
        ({"phase": "Running", "containerStatuses": [container("a", running={})]},
         "Running, in a"),
    ],
)  # fmt: skip
def test_reasons(lab: Lab, told: Told, status: dict[str, Any], wanted: str) -> None:
    told.has(f"pods {SPACE}", pod("fine"), pod("x", ready=False, status=status))
    assert readiness.diagnose(lab, "master") == f"pod x: {wanted}"


def test_logs_of_jobs_that_gave_up(lab: Lab, told: Told) -> None:
    failed = [{"type": "Failed", "status": "True", "message": "too often"}]
    told.has(f"jobs {SPACE}", thing("j", status={"conditions": failed}), thing("fine"))
    told.says("logs job/j --tail=5", "\nnpm failed\n")
    about = {"kind": "Pod", "name": "p"}
    told.has(f"events --sort-by=.lastTimestamp {SPACE}",
             thing("e", involvedObject=about, type="Warning", message="m"))  # fmt: skip
    assert readiness.diagnose(lab, "master").splitlines() == [
        "job j gave up: too often",
        "npm failed",
        "pod p: m",
    ]
    assert not any("job/fine" in command.text for command in told.asked)
