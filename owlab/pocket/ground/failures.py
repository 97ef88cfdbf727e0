"""What can go wrong below every part of the pocket lab."""

from __future__ import annotations


class DiskFull(Exception):
    """The computer's disk (or a quota) did not take what a machine wrote."""
