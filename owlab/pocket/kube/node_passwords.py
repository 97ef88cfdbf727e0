"""K3s' node passwords: a machine that comes under the name of another one is refused.

Each is kept as a hash in a Secret of ``kube-system``, and goes with its node.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from owlab.pocket.kube.errors import NotFound
from owlab.pocket.kube.store import Store

_SPACE = "kube-system"
# K3s' cost is 15. These passwords are random ones of a machine, that nobody would try to guess.
_COST, _BLOCK, _PARALLEL = 8, 8, 1


def accept(store: Store, node: str, password: str) -> bool:
    """Whether the password is the node's; the first one that is given becomes it."""
    known = store.find("Secret", _name(node), _SPACE)
    if known is None:
        store.create(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "type": "Opaque",
                "immutable": True,
                "metadata": {"name": _name(node), "namespace": _SPACE},
                "data": {"hash": base64.b64encode(_hash(password).encode()).decode()},
            }
        )
        return True
    stored = base64.b64decode(known["data"].get("hash", "")).decode(errors="replace")
    return hmac.compare_digest(stored, _hash(password, *_settings(stored)))


def forget(store: Store, node: str) -> None:
    """The node was deleted: another machine may have its name."""
    try:
        store.delete("Secret", _name(node), _SPACE)
    except NotFound:
        return


def _name(node: str) -> str:
    return f"{node}.node-password.k3s"


def _settings(stored: str) -> tuple[str, int]:
    """The salt and the cost of a hash, which are those of today if it has none that can be."""
    _, salt, cost, *_ = [*stored.split(":"), "", ""]
    return salt, int(cost) if cost in ("8", "12") else _COST


def _hash(password: str, salt: str = "", cost: int = _COST) -> str:
    salt = salt or secrets.token_hex(8)
    digest = hashlib.scrypt(
        password.encode(), salt=salt.encode(), n=1 << cost, r=_BLOCK, p=_PARALLEL, dklen=32
    )
    return f"$1:{salt}:{cost}:{_BLOCK}:{_PARALLEL}:{base64.b64encode(digest).decode()}"
