"""The verbs beside get, create and apply: pages, watches, deletions, edits, tokens."""

import json
import os
import time
from collections import deque

import pytest

from .manifests import changed, config_map, deployment, of, pod, service

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def maps(api):
    """Three ConfigMaps with a label."""
    made = []
    for name in ("a", "b", "c"):
        obj = changed(config_map(name, k="1"), "metadata.labels", {"set": "three"})
        made.append(api.send("POST", MAPS, obj).data)
    yield made
    api.send("DELETE", f"{MAPS}?labelSelector=set=three")


def names(answer):
    return [item["metadata"]["name"] for item in answer.data["items"]]


# Pages and watches ---------------------------------------------------------------------------


def test_lists_come_in_pages(api, maps):
    first = api.send("GET", f"{MAPS}?limit=2")
    assert names(first) == ["a", "b"]
    assert first.data["metadata"]["remainingItemCount"] == 2
    token = first.data["metadata"]["continue"]
    api.send("DELETE", f"{MAPS}/b")
    second = api.send("GET", f"{MAPS}?limit=2&continue={token}")
    assert names(second) == ["c", "kube-root-ca.crt"], "by name, whatever has gone meanwhile"
    assert "continue" not in second.data["metadata"]
    assert second.data["metadata"]["resourceVersion"] == first.data["metadata"]["resourceVersion"]
    told = api.kubectl("get configmaps --chunk-size=1 -o name")
    assert told.split() == [f"configmap/{n}" for n in ("a", "c", "kube-root-ca.crt")]
    assert (
        "remainingItemCount"
        not in api.send("GET", f"{MAPS}?limit=1&labelSelector=set=three").data["metadata"]
    )


def test_a_page_that_is_too_old_is_gone_and_says_how_to_go_on(api, maps):
    token = api.send("GET", f"{MAPS}?limit=1").data["metadata"]["continue"]
    history = api.bench.store._history
    kept = history._changes
    api.send("POST", MAPS, config_map("later"))
    history._changes = deque(maxlen=kept.maxlen)
    try:
        api.send("POST", MAPS, config_map("still-later"))
        gone = api.send("GET", f"{MAPS}?limit=1&continue={token}")
    finally:
        for name in ("later", "still-later"):
            api.send("DELETE", f"{MAPS}/{name}")
        kept.extend(history._changes)
        history._changes = kept
    assert (gone.status, gone.data["reason"], gone.data["code"]) == (410, "Expired", 410)
    assert "The provided continue parameter is too old" in gone.data["message"]
    token = gone.data["metadata"]["continue"]
    assert names(api.send("GET", f"{MAPS}?limit=1&continue={token}")) == ["b"]
    bad = api.send("GET", f"{MAPS}?continue=nonsense")
    assert bad.status == 400 and "continue key is not valid" in bad.data["message"]


def test_a_watch_sends_bookmarks_and_tells_when_it_is_too_late(api, maps):
    version = maps[-1]["metadata"]["resourceVersion"]
    api.send("DELETE", f"{MAPS}/a")
    query = f"watch=true&timeoutSeconds=1&resourceVersion={version}"
    events = api.send("GET", f"{MAPS}?{query}&allowWatchBookmarks=true").data
    assert [event["type"] for event in events] == ["DELETED", "BOOKMARK"]
    assert events[1]["object"]["kind"] == "ConfigMap"
    assert int(events[1]["object"]["metadata"]["resourceVersion"]) > int(version)
    late = api.send("GET", f"{MAPS}?watch=true&timeoutSeconds=1&resourceVersion=1")
    assert late.status == 200 and late.data["type"] == "ERROR"
    assert late.data["object"]["code"] == 410
    assert "too old resource version: 1 (" in late.data["object"]["message"]
    assert api.send("GET", f"{MAPS}?watch=true&resourceVersion=x").status == 400


def test_a_watch_list_begins_with_what_is_there(api, maps):
    query = "watch=true&timeoutSeconds=1&sendInitialEvents=true&allowWatchBookmarks=true"
    query += "&resourceVersionMatch=NotOlderThan&labelSelector=set=three"
    events = api.send("GET", f"{MAPS}?{query}").data
    assert [event["type"] for event in events] == ["ADDED"] * 3 + ["BOOKMARK"] * 2
    assert events[3]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


# Conflicts and preconditions -----------------------------------------------------------------


def test_whoever_comes_second_is_told(api, maps):
    newer = api.send("PUT", f"{MAPS}/a", changed(maps[0], "data.k", "2")).data
    told = api.send("PUT", f"{MAPS}/a", changed(maps[0], "data.k", "3"))
    assert told.status == 409 and told.data["reason"] == "Conflict"
    assert (
        'Operation cannot be fulfilled on configmaps "a": the object has been modified'
        in (told.data["message"])
    )
    patch = {"metadata": {"resourceVersion": maps[0]["metadata"]["resourceVersion"]}, "data": {}}
    merge = "application/merge-patch+json"
    assert api.send("PATCH", f"{MAPS}/a", changed(patch, "data.k", "4"), merge).status == 409
    other = changed(newer, "metadata.uid", "other")
    assert "Precondition failed: UID" in api.send("PUT", f"{MAPS}/a", other).data["message"]
    stale = changed(maps[1], "metadata.resourceVersion", "1")
    assert "please apply your changes to the latest version" in (
        api.kubectl("replace -f -", stale, fails=True)
    )


def test_deletion_has_preconditions(api, maps):
    meta = maps[0]["metadata"]
    for wanted in ({"uid": "x"}, {"resourceVersion": "1"}):
        told = api.send("DELETE", f"{MAPS}/a", {"preconditions": wanted})
        assert told.status == 409 and "in the precondition" in told.data["message"]
    right = {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
    assert api.send("DELETE", f"{MAPS}/a?dryRun=All", {"preconditions": right}).status == 200
    gone = api.send("DELETE", f"{MAPS}/a", {"preconditions": right})
    assert gone.data["status"] == "Success" and gone.data["details"]["uid"] == meta["uid"]
    assert api.send("DELETE", f"{MAPS}/a").status == 404


def test_a_collection_is_deleted_by_its_labels(api, maps):
    gone = api.send("DELETE", f"{MAPS}?labelSelector=set=three")
    assert names(gone) == ["a", "b", "c"]
    assert names(api.send("GET", MAPS)) == ["kube-root-ca.crt"]
    assert api.send("DELETE", "/api/v1/namespaces").status == 405
    assert api.send("DELETE", "/api/v1/pods").status == 405


# What goes with what -------------------------------------------------------------------------


def owned(api, name):
    found = api.kubectl(f"get replicasets,pods -l app={name} -o name").split()
    return {text.partition("/")[0] for text in found}


def test_propagation_of_deletions(api):
    api.kubectl("create -f -", [deployment("one"), deployment("two")])
    for name in ("one", "two"):
        api.kubectl(f"rollout status deployment/{name} --timeout=30s")
    api.kubectl("delete deployment one --cascade=orphan")
    assert owned(api, "one") == {"replicaset.apps", "pod"}
    api.kubectl("delete replicasets -l app=one --cascade=background")
    api.kubectl("wait --for=delete pod -l app=one --timeout=30s")
    path = "/apis/apps/v1/namespaces/default/deployments/two"
    held = api.send("DELETE", path, {"propagationPolicy": "Foreground"}).data
    assert held["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert held["metadata"]["deletionTimestamp"]
    api.kubectl("wait --for=delete deployment/two --timeout=30s")
    assert owned(api, "two") == set()


def test_kubectl_waits_for_foreground_deletion(api):
    api.kubectl("create -f -", deployment("held"))
    api.kubectl("rollout status deployment/held --timeout=30s")
    api.kubectl("delete deployment held --cascade=foreground --timeout=30s")
    assert owned(api, "held") == set()


def test_evictions_respect_budgets(api):
    api.kubectl("create -f -", deployment(replicas=2))
    api.kubectl("create pdb careful --selector=app=web --min-available=2")
    api.kubectl("rollout status deployment/web --timeout=30s")
    first = api.kubectl("get pods -l app=web -o jsonpath={.items[0].metadata.name}")
    path = f"/api/v1/namespaces/default/pods/{first}/eviction"
    eviction = of("policy/v1", "Eviction", first)
    told = api.send("POST", path, eviction)
    assert (told.status, told.data["reason"]) == (429, "TooManyRequests")
    assert told.data["message"] == (
        "Cannot evict pod as it would violate the pod's disruption budget."
    )
    assert told.data["details"]["causes"][0]["message"] == (
        "The disruption budget careful needs 2 healthy pods and has 2 currently"
    )
    node = api.kubectl(f"get pod {first} -o jsonpath={{.spec.nodeName}}")
    told = api.kubectl(f"drain {node} --ignore-daemonsets --force --timeout=3s", fails=True)
    assert "Cannot evict pod as it would violate the pod's disruption budget" in told
    api.kubectl("delete pdb careful")
    assert "drained" in api.kubectl(f"drain {node} --ignore-daemonsets --force --timeout=30s")
    api.kubectl(f"uncordon {node}")
    api.kubectl("delete deployment web")
    assert api.send("POST", path.replace(first, "nobody"), eviction).status == 404


def test_a_pod_may_be_given_less_time(api):
    api.kubectl("run box --image=nginx")
    api.kubectl("wait --for=condition=Ready pod/box --timeout=30s")
    gone = api.send("DELETE", "/api/v1/namespaces/default/pods/box", {"gracePeriodSeconds": 5})
    assert gone.data["metadata"]["deletionGracePeriodSeconds"] == 5
    api.kubectl("wait --for=delete pod/box --timeout=30s")


# Changing ------------------------------------------------------------------------------------


def test_generated_names(api):
    obj = {**config_map(a="b"), "metadata": {"generateName": "run-"}}
    first, second = (api.kubectl("create -f - -o name", obj).strip() for _ in range(2))
    assert first != second and first.startswith("configmap/run-") and len(first) == 19
    assert "cannot use generate name with apply" in api.kubectl("apply -f -", obj, fails=True)
    api.kubectl(f"delete {first} {second}")


def test_managed_fields_say_who_set_what(api):
    api.kubectl("create -f -", deployment())
    api.kubectl("apply --server-side --field-manager=robot -f -", deployment(minReadySeconds=1))
    api.kubectl("label deployment web tier=a")
    shown = json.loads(api.kubectl("get deployment web -o json --show-managed-fields"))
    entries = {(e["manager"], e["operation"]): e for e in shown["metadata"]["managedFields"]}
    assert {("kubectl-create", "Update"), ("robot", "Apply")} <= set(entries)
    assert entries["kubectl-label", "Update"]["fieldsV1"] == {
        "f:metadata": {"f:labels": {"f:tier": {}}}
    }
    assert "managedFields" not in api.kubectl("get deployment web -o yaml")
    path = "/apis/apps/v1/namespaces/default/deployments/web"
    sort = "application/apply-patch+yaml"
    nobody = api.send("PATCH", path, deployment(), sort)
    assert nobody.status == 422 and "is required for apply patch" in nobody.data["message"]
    owned_by = api.send("PATCH", f"{path}?fieldManager=x", shown, sort)
    assert owned_by.data["message"] == "metadata.managedFields must be nil"
    api.kubectl("delete deployment web")


def test_editing(api):
    api.kubectl("create -f -", deployment())

    def edit(script):
        environment = {**os.environ, "KUBE_EDITOR": f"sed -i {script}"}
        return api.kubectl("edit deployment web", env=environment)

    assert "edited" in edit("s/replicas:.1/replicas:\\ 2/")
    assert api.kubectl("get deployment web -o jsonpath={.spec.replicas}") == "2"
    assert "Edit cancelled, no changes made." in edit("s/nothing/else/")
    api.kubectl("delete deployment web")


def test_replacing_by_force(api):
    api.kubectl("create -f -", pod("box"))
    told = api.kubectl("replace --force -f -", pod("box", command=["sleep", "1"]))
    assert "deleted" in told and "replaced" in told
    api.kubectl("delete pod box --now")


def test_patches_of_subresources(api):
    api.kubectl("create -f -", deployment())
    line = 'patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":2}}'
    api.kubectl(line)
    assert api.kubectl("get deployment web -o jsonpath={.spec.replicas}") == "2"
    line = 'patch node worker2 --subresource=status --type=merge -p {"status":{"phase":"Running"}}'
    assert "patched" in api.kubectl(line)
    strategic = '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}'
    api.kubectl(f"patch deployment web -p {strategic}")
    images = "jsonpath={.spec.template.spec.containers[*].image}"
    assert api.kubectl(f"get deployment web -o {images}").split() == ["busybox", "nginx"]
    remove = '[{"op":"remove","path":"/spec/template/spec/containers/0"}]'
    api.kubectl(f"patch deployment web --type=json -p {remove}")
    assert api.kubectl(f"get deployment web -o {images}") == "nginx"
    wrong = '[{"op":"test","path":"/spec/replicas","value":9}]'
    assert "invalid" in api.kubectl(f"patch deployment web --type=json -p {wrong}", fails=True)
    api.kubectl("delete deployment web")


# Who asks ------------------------------------------------------------------------------------


def test_service_accounts_get_tokens_that_work(api):
    api.kubectl("create serviceaccount robot")
    token = api.kubectl("create token robot --duration=2h").strip()
    assert token.count(".") == 2
    told = api.kubectl(f"auth whoami --token={token} -o json")
    uid = api.kubectl("get serviceaccount robot -o jsonpath={.metadata.uid}")
    assert json.loads(told)["status"]["userInfo"] == {
        "username": "system:serviceaccount:default:robot",
        "uid": uid,
        "groups": [
            "system:serviceaccounts",
            "system:serviceaccounts:default",
            "system:authenticated",
        ],
    }
    answer = api.send(
        "POST",
        "/api/v1/namespaces/default/serviceaccounts/robot/token",
        {"spec": {"audiences": ["a"], "expirationSeconds": 7200}},
    )
    assert answer.status == 201 and answer.data["spec"]["audiences"] == ["a"]
    left = time.mktime(time.strptime(answer.data["status"]["expirationTimestamp"], "%Y-%m-%dT%XZ"))
    assert abs(left - time.mktime(time.gmtime()) - 7200) < 60
    changed_token = token[:-3] + ("AAA" if not token.endswith("AAA") else "BBB")
    assert "logged in" in api.kubectl(f"get pods --token={changed_token}", fails=True)
    assert '"nobody" not found' in api.kubectl("create token nobody", fails=True)
    api.kubectl("delete serviceaccount robot")


def test_who_am_i_and_as_whom(api):
    assert api.kubectl("auth can-i create pods").strip() == "yes"
    assert "*.*" in api.kubectl("auth can-i --list")
    told = api.kubectl("auth whoami")
    assert "system:admin" in told and "[system:masters system:authenticated]" in told
    told = api.kubectl("auth whoami --as=bob --as-group=staff")
    assert "bob" in told and "[staff system:authenticated]" in told


def test_verbs_that_a_subresource_does_not_have(api):
    api.kubectl("create -f -", service())
    assert api.send("GET", "/api/v1/namespaces/default/serviceaccounts/default/token").status == 405
    assert api.send("DELETE", "/api/v1/namespaces/default/services/web/status").status == 405
    assert api.send("POST", "/api/v1/namespaces/default/services/web").status == 405
    assert api.send("GET", "/api/v1/namespaces/default/services/web/nosuch").status == 404
    api.kubectl("delete service web")


# What kubectl takes for granted ---------------------------------------------------------------


def test_an_ingress_is_described_with_its_endpoints(api):
    api.kubectl("create -f -", deployment())
    api.kubectl("create -f -", service())
    api.kubectl("wait --for=condition=Available deploy/web --timeout=30s")
    api.kubectl("create ingress web --rule=example.org/=web:80")
    assert "web:80 (10.42." in api.kubectl("describe ingress web")
    api.kubectl("delete ingress/web service/web deployment/web")


@pytest.mark.parametrize(
    ("kind", "field", "said", "filled"),
    [
        ("Deployment", "strategy", None, {"maxSurge": "25%", "maxUnavailable": "25%"}),
        (
            "Deployment",
            "strategy",
            {"rollingUpdate": {"maxSurge": 2}},
            {"maxSurge": 2, "maxUnavailable": "25%"},
        ),
        ("DaemonSet", "updateStrategy", None, {"maxSurge": 0, "maxUnavailable": 1}),
        ("StatefulSet", "updateStrategy", None, {"partition": 0}),
        ("StatefulSet", "updateStrategy", {"type": "RollingUpdate"}, {"partition": 0}),
    ],
)
def test_a_rollout_is_watched_whatever_was_left_unsaid(api, kind, field, said, filled):
    made = deployment()
    made["kind"] = kind
    made["spec"].pop("replicas", None)
    made["spec"] |= ({"serviceName": "web"} if kind == "StatefulSet" else {}) | (
        {field: said} if said else {}
    )
    api.kubectl("create -f -", made)
    told = api.kubectl(f"rollout status {kind}/web --timeout=30s")
    assert "successfully rolled out" in told or "roll out complete" in told
    kept = json.loads(api.kubectl(f"get {kind}/web -o json"))["spec"]
    assert kept[field] == {"type": "RollingUpdate", "rollingUpdate": filled}
    assert kept["revisionHistoryLimit"] == 10
    api.kubectl(f"delete {kind}/web")
