"""Where kubectl, helm and wsk are typed, and how they are called there."""

from __future__ import annotations

from owlab.lab import Lab
from owlab.machines.control import KUBECONFIG, Control

__all__ = ["KUBECONFIG", "Control", "control"]


def control(lab: Lab) -> Control:
    """For this lab."""
    return lab.provider.control(lab.config)
