"""Pod Security Standards, by the labels of a namespace."""

from owlab.pocket.kube.admission.pod_security.policy import check

__all__ = ["check"]
