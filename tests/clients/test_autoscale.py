"""``kubectl autoscale`` in a cluster without metrics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .api_server import ApiServer
from .manifests import Object, changed, deployment, of

MISSING = (
    "failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch "
    "metrics from resource metrics API: the server could not find the requested resource (get "
    "pods.metrics.k8s.io)"
)


@pytest.fixture(scope="module", autouse=True)
def no_metrics(api: ApiServer) -> None:
    api.kubectl("delete deployment metrics-server -n kube-system")
    api.run(api.bench.settle())


@pytest.fixture
def web(api: ApiServer) -> Iterator[None]:
    api.kubectl("create -f -", deployment())
    yield
    api.kubectl("delete deployment/web")
    api.kubectl("delete hpa --all")


def scaler(**spec: object) -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "maxReplicas": 5, **spec}
    return of("autoscaling/v2", "HorizontalPodAutoscaler", "web", spec=spec)


def row(api: ApiServer) -> list[str]:
    return api.kubectl("get hpa web --no-headers").split()


def replicas(api: ApiServer, count: int) -> None:
    api.kubectl(f"wait --for=jsonpath={{.status.readyReplicas}}={count} deploy/web --timeout=30s")


def test_the_least_number_is_kept_without_metrics(api: ApiServer, web: None) -> None:
    assert "autoscaled" in api.kubectl("autoscale deployment web --min 2 --max 5")
    replicas(api, 2)
    api.kubectl("wait --for=condition=ScalingActive=False hpa/web --timeout=30s")
    assert row(api)[:-1] == ["web", "Deployment/web", "cpu:", "<unknown>/80%", "2", "5", "2"]
    shown = api.kubectl("describe hpa web")
    assert "2 current / 2 desired" in shown
    assert "True    SucceededGetScale        the HPA controller was able to get" in shown
    assert "False   FailedGetResourceMetric  the HPA was unable to compute the replica" in shown
    assert "New size: 2; reason: Current number of replicas below Spec.MinReplicas" in shown
    assert f"horizontal-pod-autoscaler  {MISSING}\n" in shown
    assert (
        "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric "
        f"value: {MISSING}\n"
    ) in shown


def test_the_greatest_number_and_zero(api: ApiServer, web: None) -> None:
    api.kubectl("autoscale deployment web --min 1 --max 3 --cpu=50%")
    api.kubectl("scale deployment web --replicas=6")
    replicas(api, 3)
    assert "reason: Current number of replicas above Spec.MaxReplicas" in api.kubectl(
        "describe hpa web"
    )
    api.kubectl("scale deployment web --replicas=0")
    reason = '{.status.conditions[?(@.type=="ScalingActive")].reason}'
    api.kubectl(f"wait --for=jsonpath={reason}=ScalingDisabled hpa/web --timeout=30s")
    assert api.kubectl("get deploy web -o jsonpath={.spec.replicas}") == "0"


def test_what_is_to_be_scaled_is_not_there(api: ApiServer) -> None:
    api.kubectl("create -f -", scaler())
    api.kubectl("wait --for=condition=AbleToScale=False hpa/web --timeout=30s")
    shown = api.kubectl("describe hpa web")
    assert 'horizontal-pod-autoscaler  deployments/scale.apps "web" not found' in shown
    api.kubectl("create -f -", deployment())
    api.kubectl("wait --for=condition=AbleToScale hpa/web --timeout=30s")
    api.kubectl("delete deployment/web hpa/web")


def test_targets_of_many_sorts(api: ApiServer, web: None) -> None:
    def resource(name: str, **target: object) -> Object:
        return {"type": "Resource", "resource": {"name": name, "target": target}}

    metric = {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "10"}}
    metrics = [
        {"type": "Pods", "pods": metric},
        resource("memory", type="AverageValue", averageValue="1Gi"),
        resource("cpu", type="Utilization", averageUtilization=70),
    ]
    api.kubectl("create -f -", scaler(metrics=metrics))
    shown = api.kubectl("get hpa web")
    assert "<unknown>/10, memory: <unknown>/1Gi + 1 more..." in shown
    api.kubectl("wait --for=condition=ScalingActive=False hpa/web --timeout=30s")
    assert "FailedGetPodsMetric" in api.kubectl("describe hpa web")


def test_limits_that_cannot_be(api: ApiServer) -> None:
    told = api.kubectl("create -f -", scaler(minReplicas=3, maxReplicas=2), fails=True)
    assert "spec.maxReplicas: Invalid value: 2: must be greater than or equal to" in told
    told = api.kubectl("create -f -", changed(scaler(), "spec.minReplicas", 0), fails=True)
    assert "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1" in told
