"""Every pod stays five minutes on a node that is lost."""

from __future__ import annotations

from owlab.pocket.ground.views import Object

_KEYS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_SECONDS = 300


def fill(pod: Object) -> None:
    """Add what a pod does not say itself about lost nodes, in place."""
    spec = pod["spec"]
    known = spec.get("tolerations") or []
    missing = [key for key in _KEYS if not any(_is_about(t, key) for t in known)]
    if missing:
        spec["tolerations"] = [
            *known,
            *(
                {
                    "key": key,
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": _SECONDS,
                }
                for key in missing
            ),
        ]


def _is_about(toleration: Object, key: str) -> bool:
    return toleration.get("key") in (key, None, "") and toleration.get("effect") in (
        "NoExecute",
        None,
        "",
    )
