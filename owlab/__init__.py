"""owlab: learn serverless on Kubernetes by deploying Apache OpenWhisk."""

__version__ = "0.1.0"
