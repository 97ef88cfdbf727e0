"""Generated names."""

from __future__ import annotations

import secrets

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def random_suffix() -> str:
    """Five characters, as Kubernetes appends to generated names."""
    return "".join(secrets.choice(_LETTERS) for _ in range(5))
