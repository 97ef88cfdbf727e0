"""K3s' join tokens: the server's own, and the short-lived ones for agents.

A server keeps them in ``machine.state.k3s``: ``secret`` is its own, ``tokens`` the others.
"""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.machines.state import AgentToken, K3s

ALPHABET = string.ascii_lowercase + string.digits
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True, slots=True)
class JoinToken:
    """A token as it is written: ``K10<CA hash>::<user>:<secret>``, or only the secret."""

    ca_hash: str
    user: str  # "server", "node", or "" when it is an agent token ID.SECRET
    secret: str

    @classmethod
    def parse(cls, text: str) -> JoinToken:
        """Read a token as the user gave it."""
        text = text.strip()
        found = re.fullmatch(r"K10([0-9a-f]{64})::(?:([^:]*):)?(.+)", text)
        if found is None:
            return cls("", "", text)
        return cls(found[1], found[2] or "", found[3])


def duration(text: str) -> timedelta:
    """Go's way to write a duration: ``1h``, ``90m``, ``1h30m``. Raises ValueError."""
    if text == "0":
        return timedelta()
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f'time: invalid duration "{text}"')
    return timedelta(seconds=sum(float(number) * UNITS[unit] for number, unit in parts))


def create(state: K3s, ttl: timedelta, description: str = "") -> str:
    """Add an agent token to a server; returns ``ID.SECRET``."""
    name = "".join(secrets.choice(ALPHABET) for _ in range(6))
    secret = "".join(secrets.choice(ALPHABET) for _ in range(16))
    expires = (utc_now() + ttl).strftime("%Y-%m-%dT%H:%M:%SZ") if ttl else ""
    state.tokens.append(AgentToken(name, secret, expires, description))
    return f"{name}.{secret}"


def sweep(state: K3s) -> None:
    """Remove what has expired, as the cluster's token cleaner does."""
    state.tokens = [token for token in state.tokens if left(token) > timedelta()]


def left(token: AgentToken) -> timedelta:
    """How long it is still good for."""
    if not token.expires:
        return timedelta.max
    return datetime.fromisoformat(token.expires) - utc_now()


def delete(state: K3s, name: str) -> bool:
    """Remove an agent token by its ID or in full; False where there is none."""
    wanted = name.partition(".")[0]
    kept = [token for token in state.tokens if token.id != wanted]
    found = len(kept) < len(state.tokens)
    state.tokens = kept
    return found


def accepts(state: K3s, token: JoinToken, *, role: str) -> bool:
    """The server lets a node of this role join with this token."""
    if token.secret == state.secret and token.user in ("", "server", "node"):
        return True
    if role == "server":
        return False
    return any(
        token.secret == f"{known.id}.{known.secret}" and left(known) > timedelta()
        for known in state.tokens
    )
