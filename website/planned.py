"""A lab that is only planned: nobody's settings, no machine, nothing on the disk."""

from __future__ import annotations

from pathlib import Path

from owlab import Lab, settings
from owlab.machines import provider_for

_NOWHERE = Path("/nonexistent/owlab")


def lab(*, as_written: bool = False) -> Lab:
    """The guide's machines, with the defaults, or with the guide's own choices."""
    chosen = {"provider": "multipass", "as_written": as_written}
    config = settings.load(chosen, environment={})
    return Lab(config, _NOWHERE, provider_for(config, _NOWHERE), planning=True)
