"""The tables' rows, made of what kubectl and OpenWhisk answer; and the answers of calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from owlab import Lab, observed
from owlab.access import kubeconfig, wskprops
from owlab.command import Command, Result, Variable
from owlab.errors import CommandError, ConfigError, MachineError
from owlab.machines.provider import MachineInfo
from owlab.notebook import calls
from owlab.notebook.playground import Playground
from owlab.steps import replies, values

from .conftest import Told, thing, true

Make = Callable[..., Lab]


def old(seconds: int) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def test_nodes(lab: Lab, told: Told) -> None:
    labels = {
        "node-role.kubernetes.io/master": "true",
        "node-role.kubernetes.io/control-plane": "true",
        "openwhisk-role": "core",
        "other/node-role.kubernetes.io/x": "",
    }
    status = {
        "conditions": [{"type": "MemoryPressure", "status": "False"}, *true("Ready")],
        "nodeInfo": {"kubeletVersion": "v1", "architecture": "arm64"},
        "addresses": [{"type": "Hostname", "address": "m"}, {"type": "InternalIP", "address": "1"}],
    }
    whole = thing("master", labels=labels, status=status)
    whole["metadata"]["creationTimestamp"] = old(100)
    bare = thing("worker1", status={"conditions": [{"type": "Ready", "status": "Unknown"}]})
    bare["metadata"]["creationTimestamp"] = old(-100)
    told.has("nodes", whole, bare)
    first, second = observed.nodes(lab)
    assert 99 <= first.pop("age_s") <= 110
    assert first == {
        "name": "master", "ready": True, "roles": "control-plane,master", "openwhisk_role": "core",
        "version": "v1", "architecture": "arm64", "ipv4": "1",
    }  # fmt: skip
    assert second == {
        "name": "worker1", "ready": False, "roles": "", "openwhisk_role": "", "version": "",
        "architecture": "", "ipv4": "", "age_s": 0,
    }  # fmt: skip


def test_pods(lab: Lab, told: Told) -> None:
    states = [{"ready": True, "restartCount": 2}, {"ready": False, "restartCount": 3}, {}]
    found = thing("a", "x", status={"phase": "Running", "containerStatuses": states},
                  spec={"nodeName": "n", "containers": [{}, {}, {}]})  # fmt: skip
    told.has("pods -A", found, thing("b", "y"))
    first, second = observed.pods(lab)
    assert (first["ready"], first["containers"], first["restarts"], first["node"]) == (1, 3, 5, "n")
    assert (second["namespace"], second["ready"], second["status"]) == ("y", 0, "Unknown")
    told.has("pods -n x", found)
    assert [row["name"] for row in observed.pods(lab, "x")] == ["a"]
    assert observed.pods(lab, "z") == []


def test_claims_and_volumes(lab: Lab, told: Told) -> None:
    spec = {"storageClassName": "fast", "volumeName": "v"}
    status = {"phase": "Bound", "capacity": {"storage": "1Gi"}}
    told.has("persistentvolumeclaims -A", thing("c", "x", spec=spec, status=status))
    told.has("persistentvolumeclaims -n y", thing("d", "y"))
    assert observed.claims(lab) == [
        {"namespace": "x", "name": "c", "status": "Bound", "storage_class": "fast",
         "capacity": "1Gi", "volume": "v"}
    ]  # fmt: skip
    assert observed.claims(lab, "y")[0]["capacity"] == ""
    told.has(
        "persistentvolumes",
        thing("nfs", spec={"nfs": {"server": "s", "path": "/p"}, "capacity": {"storage": "1Gi"},
                           "claimRef": {"namespace": "x", "name": "c"},
                           "storageClassName": "fast"}, status={"phase": "Bound"}),
        thing("host", spec={"hostPath": {"path": "/h"}}),
        thing("local", spec={"local": {"path": "/l"}}),
        thing("bare"),
    )  # fmt: skip
    nfs, *others = observed.volumes(lab)
    assert nfs == {"name": "nfs", "status": "Bound", "storage_class": "fast", "capacity": "1Gi",
                   "claim": "x/c", "server": "s", "path": "/p"}  # fmt: skip
    assert [(row["server"], row["path"], row["claim"]) for row in others] == [
        ("", "/h", ""), ("", "/l", ""), ("", "", ""),
    ]  # fmt: skip


def test_directories_of_the_export(lab: Lab, told: Told) -> None:
    assert observed.nfs_directories(lab) == []
    told.says(f"sudo ls {lab.config.nfs.path}", "a\nb\n")
    assert observed.nfs_directories(lab) == ["a", "b"]
    assert told.asked[-1].on == lab.storage


def test_activations(lab: Lab, told: Told) -> None:
    notes = [{"key": "kind", "value": "nodejs:14"}, {"key": "initTime", "value": 30},
             {"key": "waitTime", "value": 7}]  # fmt: skip
    cold = {"activationId": "1", "name": "a", "start": 1000, "duration": 40, "annotations": notes,
            "statusCode": 1}  # fmt: skip
    warm = {"activationId": "2", "name": "b", "start": 0}
    told.says(r"activations\?limit=30", json.dumps([cold, "nonsense", warm]))
    first, second = observed.activations(lab)
    assert first == {
        "activation": "1", "action": "a", "kind": "nodejs:14", "start": "cold",
        "duration_ms": 40, "init_ms": 30, "wait_ms": 7, "status": "application error",
        "time": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
    }  # fmt: skip
    assert (second["start"], second["status"], second["duration_ms"]) == ("warm", "success", 0)
    assert observed.activations(lab, 5) == []


def test_functions_are_named_with_their_package(lab: Lab, told: Told) -> None:
    rows = [{"namespace": "guest", "name": "a"}, {"namespace": "guest/p", "name": "b"}]
    told.says("actions.limit=200", json.dumps(rows))
    assert observed.actions(lab) == ["a", "p/b"]
    assert observed.action(lab, "none") == {}


def test_as_whom_openwhisk_is_asked(make: Make, told: Told) -> None:
    observed.actions(make())
    assert told.asked[-1].text.startswith(". ~/.wskprops && curl -sk ")
    observed.actions(make(as_written=True))
    assert told.asked[-1].text.startswith("sudo bash -c '. ~/.wskprops && curl -sk ")
    told.has_machines = False
    given = {"provider": "cluster", "cluster_kubeconfig": "kc", "cluster_nodes": ["a"]}
    observed.actions(make(as_written=True, **given))
    assert told.asked[-1].text.startswith('. "$WORK"/.wskprops')


# -- answers -------------------------------------------------------------------------------


def result(out: str = "", err: str = "", status: int = 0, **more: Any) -> Result:
    return Result(Command("wsk"), status, out, err, **more)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (result('{"error": "boom"}'), "boom"),
        (result("", '{"error": "boom"}', 1), "boom"),
        (result("", "error: gone\nRun 'wsk --help' for usage.\n", 2), "gone"),
        (result("", "warned\nlast\n", 2), "last"),
        (result('{"a": 1}'), "{'a': 1}"),
        (result("[1]"), "[1]"),
        (result('{"a": 1}', "noise\n"), "noise"),
        (result(), "no answer"),
        (result(status=3), "no answer, exit status 3"),
        (result("", "error: Too many requests in the last minute (1).\n", 1),
         "OpenWhisk's limit was met: Too many requests in the last minute (1).;"
         " try again in a minute"),
    ],
)  # fmt: skip
def test_why_there_is_no_right_answer(answer: Result, why: str) -> None:
    assert replies.reason(answer) == why


def test_a_reason_hides_secrets() -> None:
    secret = Variable("KEY", Command("cat key"), secret=True)
    said = Result(Command("x", variables=(secret,)), 1, "", "error: sesame-open is wrong\n",
                  values={"KEY": "sesame-open"})  # fmt: skip
    assert replies.reason(said) == "*** is wrong"


def record(**more: Any) -> str:
    known = {"activationId": "id", "response": {"result": {"a": 1}}, "duration": 12}
    return json.dumps(known | more)


def test_calls(lab: Lab, told: Told) -> None:
    told.says("action invoke f --blocking", "ok: invoked /_/f with id\n" + record(
        logs=["t stdout: hi"], annotations=[{"key": "initTime", "value": 3}]
    ))  # fmt: skip
    made = calls.call(lab, "f", name="Ada's", n=1)
    assert told.asked[-1].text.endswith(
        """action invoke f --blocking --param name '"Ada'"'"'s"' --param n 1"""
    )
    assert (made.result, made.logs, made.start, made.duration_ms) == (
        {"a": 1}, ("t stdout: hi",), "cold", 12,
    )  # fmt: skip
    shown = made._repr_mimebundle_()
    assert shown["text/plain"].startswith('{\n    "a": 1\n}\ncold start, 12 ms in the function, ')
    assert shown["text/plain"].endswith("log: t stdout: hi")
    told.says("action invoke f --blocking", record())
    assert calls.call(lab, "f").start == "warm"


@pytest.mark.parametrize(
    ("out", "err", "brief", "details"),
    [
        ("", record(response={"result": {"error": "boom"}, "status": "application error"},
                    logs=["2026 stderr: why", "bare"]),
         "f failed: boom", "application error, after 12 ms\nstderr: why\nbare"),
        (record(response={"result": {"error": {"code": 7}}}), "", 'f failed: {"code": 7}',
         "failed, after 12 ms"),
        (record(response={"result": "text"}), "", "f failed: text", "failed, after 12 ms"),
        ("", "error: The requested resource does not exist.\n",
         "f could not be called: The requested resource does not exist.", None),
        ("", "", "f could not be called: exit status 1", None),
        ("{}", "\n\nodd\n", "f could not be called: odd", None),
    ],
)  # fmt: skip
def test_calls_that_fail(
    lab: Lab, told: Told, out: str, err: str, brief: str, details: str | None
) -> None:
    told.says("action invoke f", out, err=err, status=1)
    with pytest.raises(CommandError) as failed:
        calls.call(lab, "f")
    assert failed.value.brief == brief
    if details is not None:
        assert failed.value.details == details


def test_code_is_saved_in_its_language(lab: Lab, told: Told) -> None:
    place = Playground(lab)
    for kind, suffix in (("nodejs:14", "js"), ("python:3", "py")):
        told.says("_/actions/p/f", json.dumps({"exec": {"kind": kind}}))
        told.says("action update", "ok\n")
        place.save("p/f", "code\n\n")
        text = told.asked[-1].text
        assert f"cat > p-f.{suffix} <<'END-OF-CODE'\ncode\nEND-OF-CODE\n" in text
        assert text.endswith(f"action update p/f p-f.{suffix} --kind {kind}")
    told.says("action update", "", err="error: no\n", status=1)
    with pytest.raises(CommandError, match="p/f was not saved"):
        place.save("p/f", "code")
    told.says("_/actions/p/f", json.dumps({"exec": {"kind": "sequence"}}))
    with pytest.raises(ConfigError, match=r"The code of p/f \(sequence\) is no text"):
        place.save("p/f", "code")
    told.says("_/actions/p/f", status=1)
    with pytest.raises(ConfigError, match=r"\(unknown\)"):
        place.save("p/f", "code")
    told.says("actions.limit=200", json.dumps([{"namespace": "g", "name": n} for n in "ba"]))
    assert place.functions() == ("a", "b") and Playground(lab, ("x",)).functions() == ("x",)


# -- what the user's own tools need --------------------------------------------------------


def test_a_kubeconfig_for_the_laptop(lab: Lab, told: Told) -> None:
    with pytest.raises(MachineError, match="There is no cluster yet") as refused:
        kubeconfig(lab)
    assert refused.value.resolution == "Run owlab up --to 1.3 first." and not told.asked
    told.known = [MachineInfo("master", "Running", "10.0.0.9")]
    with pytest.raises(MachineError, match="There is no cluster yet"):
        kubeconfig(lab)
    own = {
        "clusters": [{"name": "default", "cluster": {"server": "https://127.0.0.1:6443"}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "current-context": "default",
        "users": [{"name": "default"}],
    }
    told.says("sudo cat /etc/rancher/k3s/k3s.yaml", yaml.safe_dump(own))
    found = yaml.safe_load(kubeconfig(lab))
    assert found["clusters"] == [{"name": "owlab", "cluster": {"server": "https://10.0.0.9:6443"}}]
    assert found["contexts"][0] == {
        "name": "owlab", "context": {"cluster": "owlab", "user": "default"}
    }  # fmt: skip
    assert (found["current-context"], found["users"]) == ("owlab", own["users"])


def test_properties_for_the_laptop(make: Make, told: Told) -> None:
    told.known = [MachineInfo("master", "Running", "10.0.0.9")]
    lab = make()
    with pytest.raises(MachineError, match="wsk is not configured yet"):
        wskprops(lab)
    told.says("^cat ~/.wskprops", "AUTH=a:b\nAPIHOST=127.0.0.1:1\nAPIVERSION=v1\n")
    assert wskprops(lab) == "AUTH=a:b\nAPIHOST=10.0.0.9:31001\nAPIVERSION=v1\n"
    told.says("^sudo cat /root/.wskprops", "APIHOST=x\n")
    assert wskprops(make(as_written=True)) == "APIHOST=10.0.0.9:31001\n"


# -- mycluster.yaml ------------------------------------------------------------------------


def test_the_values_of_the_guide_and_ours(make: Make) -> None:
    ours = yaml.safe_load(values.content(make()))
    assert ours["whisk"]["ingress"] == {
        "type": "NodePort", "apiHostName": "${MASTER_IP}", "apiHostPort": 31001,
    }  # fmt: skip
    assert ours["k8s"]["persistence"]["explicitStorageClass"] == "nfs-client"
    assert ours["invoker"]["options"] == "-Dwhisk.kubernetes.timeouts.run=10minutes"
    assert "auth" in ours["whisk"] and "busybox" in ours and "affinity" not in ours
    guide = yaml.safe_load(values.content(make(as_written=True)))
    assert set(guide) == {"whisk", "nginx", "invoker", "kafka"}
    assert "auth" not in guide["whisk"] and "options" not in guide["invoker"]
    assert guide["kafka"] == {"imageName": "fatal69100/kafka", "imageTag": "2.8.1"}


def test_the_values_of_one_node(make: Make, told: Told) -> None:
    told.has_machines = False
    given = {"provider": "cluster", "cluster_kubeconfig": "kc", "cluster_nodes": ["a"]}
    alone = yaml.safe_load(values.content(make(**given)))
    assert alone["affinity"] == alone["toleration"] == {"enabled": False}
    assert "user-pod-node-affinity.enabled=false" in alone["invoker"]["options"]
    assert "k8s" not in alone
