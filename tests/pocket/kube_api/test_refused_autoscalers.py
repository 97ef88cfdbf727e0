"""Values of autoscalers: the last that is allowed, and the first that is not."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.validation import workloads

from ...clients.manifests import changed, of
from .refused import assert_case, case

SPEC = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
AUTOSCALER = of("autoscaling/v2", "HorizontalPodAutoscaler", spec={**SPEC, "maxReplicas": 3})
UP = "spec.behavior.scaleUp"
NOT_ZERO = "must be greater than zero"
TARGET = {"type": "AverageValue", "averageValue": "1"}


def policy(**fields: Any) -> dict[str, Any]:
    return {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 15, **fields}]}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.scaleTargetRef.kind", "", "spec.scaleTargetRef.kind: Required value"),
        case("spec.scaleTargetRef.name", "", "spec.scaleTargetRef.name: Required value"),
        case("spec.minReplicas", 1),
        case("spec.minReplicas", 3),
        case("spec.minReplicas", 0, "spec.minReplicas: Invalid value: 0: must be greater than or"),
        case("spec.minReplicas", 4, "spec.maxReplicas: Invalid value: 3: must be greater than or "),
        case("spec.maxReplicas", 1),
        case("spec.metrics", []),
        case("spec.metrics", [{"type": "Resource", "resource": {"name": "cpu", "target": TARGET}}]),
        case(
            "spec.metrics",
            [{"type": "Pods", "pods": {"metric": {"name": "calls"}, "target": TARGET}}],
        ),
        case("spec.metrics", [{"type": "Node"}], 'spec.metrics[0].type: Unsupported value: "Node"'),
        case("spec.metrics", [{}], 'spec.metrics[0].type: Unsupported value: ""'),
        case(
            "spec.metrics",
            [{"type": "ContainerResource"}],
            "spec.metrics[0].containerResource: Required value: must populate information",
        ),
        case(
            "spec.metrics",
            [{"type": "Resource", "resource": {"target": TARGET}}],
            "spec.metrics[0].resource.name: Required value",
        ),
        case(
            "spec.metrics",
            [{"type": "External", "external": {"target": TARGET}}],
            "spec.metrics[0].external.metric.name: Required value",
        ),
        case(f"{UP}.stabilizationWindowSeconds", 0),
        case(f"{UP}.stabilizationWindowSeconds", 3600),
        case(
            f"{UP}.stabilizationWindowSeconds",
            -1,
            f"{UP}.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to",
        ),
        case(
            f"{UP}.stabilizationWindowSeconds",
            3601,
            f"{UP}.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to",
        ),
        case(f"{UP}.selectPolicy", "Disabled"),
        case(f"{UP}.selectPolicy", "Min"),
        case(f"{UP}.selectPolicy", "Least", f'{UP}.selectPolicy: Unsupported value: "Least"'),
        case(UP, {"policies": []}, f"{UP}.policies: Required value: must specify at least one"),
        case(UP, policy()),
        case(UP, policy(type="Percent")),
        case(UP, policy(type="All"), f'{UP}.policies[0].type: Unsupported value: "All"'),
        case(UP, policy(value=0), f"{UP}.policies[0].value: Invalid value: 0: {NOT_ZERO}"),
        case(UP, policy(value=5000)),
        case(UP, policy(periodSeconds=1)),
        case(UP, policy(periodSeconds=1800)),
        case(
            UP,
            policy(periodSeconds=0),
            f"{UP}.policies[0].periodSeconds: Invalid value: 0: {NOT_ZERO}",
        ),
        case(
            UP,
            policy(periodSeconds=1801),
            f"{UP}.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to",
        ),
    ],
)
def test_autoscalers(path, value, said):
    assert_case(AUTOSCALER, path, value, said)


def test_a_largest_number_below_one():
    found = workloads.autoscaler(changed(AUTOSCALER, "spec.maxReplicas", 0))
    assert found == [
        ("spec.maxReplicas", "Invalid value: 0: must be greater than 0"),
        ("spec.maxReplicas", "Invalid value: 0: must be greater than or equal to `minReplicas`"),
    ]


def test_both_directions_are_looked_at():
    obj = changed(AUTOSCALER, UP, policy(value=0))
    both = changed(obj, "spec.behavior.scaleDown", policy(value=-2))
    assert [field for field, _ in workloads.autoscaler(both)] == [
        f"{UP}.policies[0].value",
        "spec.behavior.scaleDown.policies[0].value",
    ]
