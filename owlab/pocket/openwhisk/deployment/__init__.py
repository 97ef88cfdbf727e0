"""OpenWhisk as software that lives in the cluster: its containers' work, its endpoint, its pods."""

from owlab.pocket.openwhisk.deployment.deployment import Deployment

__all__ = ["Deployment"]
