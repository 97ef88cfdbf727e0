"""One object in several versions of its API, and what else clients ask of the server."""

import json

import pytest

from .manifests import changed, deployment, of

HPAS = "/apis/autoscaling/{}/namespaces/default/horizontalpodautoscalers"
GADGETS = "/apis/example.org/{}/namespaces/default/gadgets"


def gadgets():
    """A definition of two versions; the older one is stored."""
    fields = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    open_fields = {"spec": fields, "status": fields}
    scale = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}
    versions = [
        {
            "name": name,
            "served": True,
            "storage": name == "v1beta1",
            "schema": {"openAPIV3Schema": {"type": "object", "properties": open_fields}},
            "subresources": {"status": {}, "scale": scale},
        }
        for name in ("v1beta1", "v1")
    ]
    names = {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"}
    return {
        **of("apiextensions.k8s.io/v1", "CustomResourceDefinition", "gadgets.example.org"),
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": names,
            "versions": versions,
        },
    }


def test_autoscalers_in_both_versions(api):
    api.kubectl("create -f -", deployment())
    older = of("autoscaling/v1", "HorizontalPodAutoscaler", "web")
    older["spec"] = {
        "maxReplicas": 4,
        "targetCPUUtilizationPercentage": 70,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
    }
    assert "created" in api.kubectl("apply -f -", older)
    assert "unchanged" in api.kubectl("apply -f -", older)
    assert "configured" in api.kubectl("apply -f -", changed(older, "spec.maxReplicas", 5))
    newer = api.send("GET", HPAS.format("v2") + "/web").data
    target = {"type": "Utilization", "averageUtilization": 70}
    assert newer["apiVersion"] == "autoscaling/v2"
    assert newer["spec"]["metrics"] == [
        {"type": "Resource", "resource": {"name": "cpu", "target": target}}
    ]
    memory = {"type": "Resource", "resource": {"name": "memory", "target": target}}
    newer["spec"]["metrics"].append(memory)
    api.send("PUT", HPAS.format("v2") + "/web", newer)
    again = api.send("GET", HPAS.format("v1") + "/web").data
    assert again["apiVersion"] == "autoscaling/v1"
    assert again["spec"]["targetCPUUtilizationPercentage"] == 70
    kept = again["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/metrics"]
    assert json.loads(kept) == [memory]
    put = api.send("PUT", HPAS.format("v1") + "/web", changed(again, "spec.maxReplicas", 6)).data
    assert put["spec"]["maxReplicas"] == 6
    spec = api.send("GET", HPAS.format("v2") + "/web").data["spec"]
    assert [m["resource"]["name"] for m in spec["metrics"]] == ["cpu", "memory"]
    listed = api.send("GET", HPAS.format("v1")).data
    assert listed["apiVersion"] == listed["items"][0]["apiVersion"] == "autoscaling/v1"
    watched = api.send("GET", HPAS.format("v1") + "?watch=true&timeoutSeconds=1").data
    assert watched["object"]["apiVersion"] == "autoscaling/v1"
    assert "cpu: <unknown>/70%" in api.kubectl("get hpa.v1.autoscaling web")
    api.kubectl("delete hpa/web deployment/web")


def test_a_custom_kind_in_all_its_versions(api):
    api.kubectl("create -f -", gadgets())
    api.kubectl("wait --for=condition=Established crd/gadgets.example.org --timeout=30s")
    thing = {**of("example.org/v1", "Gadget", "one"), "spec": {"size": 2}}
    assert "created" in api.kubectl("apply -f -", thing)
    assert "unchanged" in api.kubectl("apply -f -", thing)
    for version in ("v1", "v1beta1"):
        found = api.send("GET", GADGETS.format(version) + "/one").data
        assert (found["apiVersion"], found["spec"]["size"]) == (f"example.org/{version}", 2)
        listed = api.send("GET", GADGETS.format(version)).data
        assert {item["apiVersion"] for item in listed["items"]} == {f"example.org/{version}"}
        watched = api.send("GET", GADGETS.format(version) + "?watch=true&timeoutSeconds=1").data
        assert watched["object"]["apiVersion"] == f"example.org/{version}"
        patched = api.send(
            "PATCH",
            GADGETS.format(version) + "/one",
            {"spec": {"seen": version}},
            "application/merge-patch+json",
        ).data
        assert patched["apiVersion"] == f"example.org/{version}"
    group = api.send("GET", "/apis/example.org").data
    assert group["preferredVersion"]["version"] == "v1", "the newest, not the stored one"
    assert "scaled" in api.kubectl("scale gadget one --replicas=3 --current-replicas=2")
    assert api.kubectl("get gadgets.v1beta1.example.org one -o jsonpath={.spec.size}") == "3"
    api.kubectl("delete gadget one")
    api.kubectl("delete crd gadgets.example.org")


def test_events_in_both_groups(api):
    api.kubectl("run box --image=nginx")
    api.kubectl("wait --for=condition=Ready pod/box --timeout=30s")
    newer = api.send("GET", "/apis/events.k8s.io/v1/namespaces/default/events").data
    assert newer["apiVersion"] == "events.k8s.io/v1"
    event = next(e for e in newer["items"] if e["reason"] == "Scheduled")
    assert event["apiVersion"] == "events.k8s.io/v1"
    assert event["regarding"]["name"] == "box" and "Successfully assigned" in event["note"]
    older = api.send("GET", "/api/v1/namespaces/default/events/" + event["metadata"]["name"]).data
    assert older["message"] == event["note"] and older["involvedObject"] == event["regarding"]
    assert "Scheduled" in api.kubectl("get events.v1.events.k8s.io")
    made = of("events.k8s.io/v1", "Event", "own")
    made |= {
        "regarding": {"kind": "Pod", "name": "box", "namespace": "default"},
        "note": "by hand",
        "type": "Normal",
        "reason": "Test",
        "action": "Testing",
        "reportingController": "example.org/test",
        "reportingInstance": "one",
        "eventTime": "2026-01-01T00:00:00.000000Z",
    }
    api.kubectl("create -f -", made)
    assert api.kubectl("get events own -o jsonpath={.message}") == "by hand"
    api.kubectl("delete event own")
    api.kubectl("delete pod box --now")


def test_scales_are_put(api):
    api.kubectl("create -f -", deployment())
    path = "/apis/apps/v1/namespaces/default/deployments/web/scale"
    assert "scaled" in api.kubectl("scale deployment web --current-replicas=1 --replicas=2")
    told = api.kubectl("scale deployment web --current-replicas=1 --replicas=5", fails=True)
    assert "Expected replicas to be 1, was 2" in told
    scale = api.send("GET", path).data
    assert scale["status"]["selector"] == "app=web"
    put = api.send("PUT", path, changed(scale, "spec.replicas", 3)).data
    assert (put["kind"], put["spec"]["replicas"]) == ("Scale", 3)
    late = api.send("PUT", path, changed(scale, "spec.replicas", 4))
    assert (late.status, late.data["details"]["name"]) == (409, "web")
    told = api.send("PUT", path, {**scale, "metadata": {"name": "web"}, "spec": {"replicas": -1}})
    assert told.status == 422
    assert told.data["message"] == (
        'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: '
        "must be greater than or equal to 0"
    )
    none = api.send("PUT", path, {"metadata": {"name": "web"}, "spec": {}}).data
    assert none["spec"]["replicas"] == 0
    patched = api.send(
        "PATCH",
        path,
        [{"op": "replace", "path": "/spec/replicas", "value": 2}],
        "application/json-patch+json",
    ).data
    assert (patched["kind"], patched["spec"]["replicas"]) == ("Scale", 2)
    api.kubectl("delete deployment web")


def test_paths_that_end_in_a_slash(api):
    for path in ("/version", "/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1"):
        assert api.send("GET", path + "/").data == api.send("GET", path).data
    assert api.send("GET", "/api/v1/namespaces/").data["kind"] == "NamespaceList"


def test_health_check_by_check(api):
    for name in ("livez", "readyz", "healthz"):
        assert api.kubectl(f"get --raw /{name}") == "ok"
        told = api.kubectl(f"get --raw /{name}?verbose")
        assert told.startswith("[+]ping ok\n") and told.endswith(f"{name} check passed\n")
        assert api.kubectl(f"get --raw /{name}/ping") == "ok"
    told = api.kubectl("get --raw /readyz?verbose&exclude=etcd")
    assert "[+]etcd excluded: ok\n" in told and "[+]informer-sync ok\n" in told
    assert "could not find" in api.kubectl("get --raw /livez/nosuch", fails=True)


def test_deletions_are_answered_as_the_kind_does(api):
    api.kubectl("create service clusterip plain --tcp=80")
    api.kubectl("create serviceaccount robot")
    api.kubectl("create configmap words")
    base = "/api/v1/namespaces/default"
    assert api.send("DELETE", f"{base}/services/plain").data["kind"] == "Service"
    assert api.send("DELETE", f"{base}/serviceaccounts/robot").data["kind"] == "ServiceAccount"
    gone = api.send("DELETE", f"{base}/configmaps/words").data
    assert (gone["kind"], gone["status"]) == ("Status", "Success")
    assert gone["details"]["name"] == "words" and gone["details"]["kind"] == "configmaps"


def test_reviews_need_no_kind(api):
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    asked = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
    told = api.send("POST", path, asked)
    assert told.status == 201 and told.data["status"]["allowed"] is True
    assert (told.data["kind"], told.data["apiVersion"]) == (
        "SelfSubjectAccessReview",
        "authorization.k8s.io/v1",
    )
    assert api.send("POST", path, {"kind": "Pod"}).status == 400
    assert api.send("POST", "/apis/authorization.k8s.io/v1/nosuch", asked).status == 404


def test_the_root_lists_what_there_is(api):
    paths = api.send("GET", "/").data["paths"]
    assert {"/api/v1", "/apis/apps/v1", "/apis/autoscaling/v1", "/readyz", "/version"} <= set(paths)


def test_patches_are_refused_in_the_server_s_words(api):
    api.kubectl("create configmap words --from-literal=a=b")
    path, sort = "/api/v1/namespaces/default/configmaps/words", "application/json-patch+json"
    rejected = "the server rejected our request due to an error in our request"
    for patch in (
        [{"op": "test", "path": "/data/a", "value": "c"}],
        [{"op": "remove", "path": "/data/nosuch"}],
        [{"op": "nosuch", "path": "/data/a"}],
        [{"op": "add", "path": "data"}],
    ):
        told = api.send("PATCH", path, patch, sort)
        assert (told.status, told.data["message"]) == (422, rejected), patch
    told = api.send("PATCH", path, {"data": {}}, sort)
    assert (told.status, told.data["message"]) == (
        400,
        "json: cannot unmarshal object into Go value of type jsonpatch.Patch",
    )
    api.kubectl("delete configmap words")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"nonsense", "invalid character 'n' looking for beginning of value"),
        (b'{"a":', "unexpected end of JSON input"),
        (b'{"a": "b', "unexpected end of JSON input"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a": 1 "b"}', "invalid character '\"' after object key:value pair"),
        (b"{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        (b"{} {}", "invalid character '{' after top-level value"),
    ],
)
def test_bodies_that_are_no_json(api, body, told):
    answer = api.send("POST", "/api/v1/namespaces/default/configmaps", body)
    assert answer.status == 400 and answer.data["message"].endswith(told)
