"""Field selectors: those of each kind select, others are refused."""

import pytest

from .manifests import pod

REFUSED = (
    ("pods", "spec.image=x", "field label not supported: spec.image"),
    ("nodes", "status.phase=x", "field label not supported: status.phase"),
    ("events", "message=x", "field label not supported: message"),
    ("replicasets", "spec.x=1", 'field label "spec.x" not supported for appsv1.ReplicaSet'),
    ("jobs", "spec.x=1", 'field label "spec.x" not supported for Job'),
    (
        "deployments",
        "status.replicas=1",
        '"status.replicas" is not a known field selector: only "metadata.name", '
        '"metadata.namespace"',
    ),
    ("pods", "nonsense", "invalid selector: 'nonsense'; can't understand 'nonsense'"),
)


@pytest.mark.parametrize(("kind", "selector", "told"), REFUSED)
def test_fields_that_a_kind_is_not_selected_by(api, kind, selector, told):
    assert told in api.kubectl(f"get {kind} --field-selector {selector}", fails=True)
    assert told in api.kubectl(f"get {kind} --watch --field-selector {selector}", fails=True)


def test_fields_that_select(api):
    api.kubectl("create -f -", [pod("one"), pod("two")])
    api.kubectl("wait --for=condition=Ready pod/one pod/two --timeout=30s")
    line = "get pods -o name --field-selector "
    assert api.kubectl(line + "metadata.name!=one").split() == ["pod/two"]
    node = api.kubectl("get pod one -o jsonpath={.spec.nodeName}")
    both = f"spec.nodeName={node},status.phase==Running,spec.restartPolicy=Always"
    assert "pod/one" in api.kubectl(line + both)
    about = "get events -o name --field-selector involvedObject.name=one,reason=Scheduled"
    assert len(api.kubectl(about).split()) == 1
    newer = "/apis/events.k8s.io/v1/namespaces/default/events?fieldSelector=regarding.name%3Done"
    assert {e["regarding"]["name"] for e in api.send("GET", newer).data["items"]} == {"one"}
    assert "default" in api.kubectl("get ns --field-selector status.phase=Active")
    api.kubectl("delete pods one two --now")
