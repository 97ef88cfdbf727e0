"""owlab: learn serverless on Kubernetes by deploying Apache OpenWhisk."""

from owlab.command import HOST, Command, Result
from owlab.config import LabConfig
from owlab.errors import LabError
from owlab.lab import Lab
from owlab.version import __version__

__all__ = ["HOST", "Command", "Lab", "LabConfig", "LabError", "Result", "__version__"]
