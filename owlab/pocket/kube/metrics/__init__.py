"""What pods and nodes use, by a simple model, and what is made of that. All of it is simulated."""

from owlab.pocket.kube.metrics.use import Use, of_node, of_pod
from owlab.pocket.kube.metrics.wanted import MetricTarget, NotMeasured, wanted

__all__ = ["MetricTarget", "NotMeasured", "Use", "of_node", "of_pod", "wanted"]
