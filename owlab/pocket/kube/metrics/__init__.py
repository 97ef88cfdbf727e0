"""What pods and nodes use, by a simple model, and what is made of that. All of it is simulated."""

from owlab.pocket.kube.metrics.use import Use, of_node, of_pod
from owlab.pocket.kube.metrics.wanted import NotMeasured, Wanted, wanted

__all__ = ["NotMeasured", "Use", "Wanted", "of_node", "of_pod", "wanted"]
