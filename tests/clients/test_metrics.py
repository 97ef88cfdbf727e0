"""``kubectl top``, and autoscalers that follow what it shows. The model is the lab's own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .api_server import ApiServer
from .manifests import Object, changed, deployment, of, pod

LOAD = "pocket.owlab/cpu-load"


def settle(api: ApiServer) -> None:
    api.run(api.bench.settle())


@pytest.fixture
def away(api: ApiServer) -> Iterator[None]:
    api.kubectl("scale deploy metrics-server -n kube-system --replicas=0")
    settle(api)
    yield
    api.kubectl("scale deploy metrics-server -n kube-system --replicas=1")
    settle(api)


@pytest.fixture
def web(api: ApiServer) -> Iterator[None]:
    requests = {"requests": {"cpu": "200m"}}
    made = changed(deployment(), "spec.template.spec.containers.0.resources", requests)
    api.kubectl("create -f -", made)
    settle(api)
    yield
    api.kubectl("delete hpa --all")
    api.kubectl("delete deployment/web")


def scaler(**spec: object) -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return of(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "web",
        spec={"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 10, **spec},
    )


def cpu(**target: object) -> Object:
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def test_top_shows_nodes_and_pods(api: ApiServer) -> None:
    api.kubectl("create -f -", pod("idle"))
    settle(api)
    told = api.kubectl("top nodes")
    assert "Warning: what pods and nodes use is simulated by the pocket lab" in told
    rows = {line.split()[0]: line.split() for line in told.splitlines()}
    assert rows["NAME"][1] == "CPU(cores)" and rows["worker1"][1].endswith("m")
    row = next(line for line in api.kubectl("top pods").splitlines() if line.startswith("idle"))
    assert row.split()[1] == "1m" and row.split()[2].endswith("Mi")
    api.kubectl("annotate pod idle pocket.owlab/cpu-load=250m pocket.owlab/memory-load=100Mi")
    found = json.loads(
        api.kubectl("get --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods/idle")
        .partition("\nWarning")[0]
        .partition("Warning")[0]
    )
    assert found["containers"][0]["usage"]["cpu"] == "251000000n"
    assert "251m" in api.kubectl("top pod idle --containers")
    api.kubectl("delete pod idle --now")


def test_limits_bound_what_is_used(api: ApiServer) -> None:
    box = changed(pod("box"), "metadata.annotations", {LOAD: "5"})
    box = changed(box, "spec.containers.0.resources", {"limits": {"cpu": "300m"}})
    api.kubectl("create -f -", box)
    settle(api)
    assert "300m" in api.kubectl("top pod box")
    api.kubectl("delete pod box --now")


def test_without_a_ready_metrics_server(api: ApiServer, away: None) -> None:
    told = api.kubectl("top nodes", fails=True)
    assert "the server is currently unable to handle the request" in told


def test_without_a_metrics_server(api: ApiServer) -> None:
    kept = api.kubectl("get deploy metrics-server -n kube-system -o json")
    api.kubectl("delete deploy metrics-server -n kube-system")
    settle(api)
    assert "error: Metrics API not available" in api.kubectl("top pods", fails=True)
    assert "metrics.k8s.io" not in api.kubectl("api-versions")
    api.kubectl("create -f -", kept)
    settle(api)
    assert "metrics.k8s.io/v1beta1" in api.kubectl("api-versions")


def test_an_autoscaler_follows_the_load(api: ApiServer, web: None) -> None:
    api.kubectl("create -f -", scaler(metrics=[cpu(type="Utilization", averageUtilization=50)]))
    settle(api)
    assert api.kubectl("get hpa web --no-headers").split()[2:4] == ["cpu:", "0%/50%"]
    api.kubectl(f"annotate deploy web {LOAD}=590m")
    settle(api)
    assert api.kubectl("get deploy web -o jsonpath={.spec.replicas}") == "6"
    shown = api.kubectl("describe hpa web")
    assert "ScalingActive   True    ValidMetricFound" in shown
    title = "cpu resource utilization (percentage of request)"
    assert f"reason: {title} above target" in shown
    assert "(as a percentage of request):  49% " in shown
    api.kubectl(f"annotate deploy web --overwrite {LOAD}=9")
    settle(api)
    assert api.kubectl("get deploy web -o jsonpath={.spec.replicas}") == "10"
    assert "the desired replica count is more than the maximum" in api.kubectl("describe hpa web")
    api.kubectl(f"annotate deploy web {LOAD}-")
    settle(api)
    assert api.kubectl("get deploy web -o jsonpath={.spec.replicas}") == "1"
    assert "reason: All metrics below target" in api.kubectl("describe hpa web")


def test_a_value_instead_of_a_share(api: ApiServer, web: None) -> None:
    api.kubectl(f"annotate deploy web {LOAD}=390m")
    api.kubectl("create -f -", scaler(metrics=[cpu(type="AverageValue", averageValue="100m")]))
    settle(api)
    assert api.kubectl("get deploy web -o jsonpath={.spec.replicas}") == "4"


def test_what_reserves_nothing_has_no_share(api: ApiServer) -> None:
    api.kubectl("create -f -", deployment())
    api.kubectl("autoscale deployment web --max 3")
    settle(api)
    shown = api.kubectl("describe hpa web")
    assert (
        "failed to get cpu utilization: missing request for cpu in container main of Pod" in shown
    )
    api.kubectl("delete hpa/web deploy/web")


@pytest.mark.parametrize(
    ("rules", "sizes"),
    [
        ({"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}}, "2 3 4 5"),
        (
            {"scaleUp": {"policies": [{"type": "Percent", "value": 200, "periodSeconds": 60}]}},
            "3 5",
        ),
        ({"scaleUp": {"selectPolicy": "Disabled"}}, ""),
        ({"scaleDown": {"selectPolicy": "Disabled"}}, "5"),
    ],
)
def test_an_autoscaler_goes_in_the_steps_that_its_behavior_allows(
    api: ApiServer, web: None, rules: Object, sizes: str
) -> None:
    """Periods pass at once in a lab whose time does."""
    average = cpu(type="Utilization", averageUtilization=50)
    api.kubectl("delete events --all")
    api.kubectl("create -f -", scaler(metrics=[average], behavior=rules))
    api.kubectl(f"annotate deployment/web {LOAD}=490m")  # as much as five pods may use
    settle(api)
    told = api.kubectl("get events --field-selector reason=SuccessfulRescale -o json")
    rescaled = [event["message"].split()[2].rstrip(";") for event in json.loads(told)["items"]]
    assert " ".join(rescaled) == sizes
    if not sizes:
        reason = "jsonpath={.status.conditions[?(@.type=='ScalingLimited')].reason}"
        assert api.kubectl(f"get hpa web -o {reason}") == "ScaleUpLimit"


def test_a_behavior_that_cannot_be_is_refused(api: ApiServer, web: None) -> None:
    odd = {"policies": [{"type": "Cores", "value": 0, "periodSeconds": 1801}]}
    told = api.kubectl("create -f -", scaler(behavior={"scaleDown": odd}), fails=True)
    assert "spec.behavior.scaleDown.policies[0].type: Unsupported value" in told
    assert "policies[0].value: Invalid value: 0: must be greater than zero" in told
    assert "must be less than or equal to 1800" in told
