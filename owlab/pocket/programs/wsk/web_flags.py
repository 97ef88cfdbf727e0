"""``--web`` and ``--web-secure``: annotations of an action that is called over the web."""

from __future__ import annotations

import secrets
from typing import Any

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.exits import BAD_USAGE, WskError
from owlab.pocket.programs.wsk.session import Session

WEB = {
    "yes": (True, False, True),
    "true": (True, False, True),
    "raw": (True, True, True),
    "no": (False, False, False),
    "false": (False, False, False),
}
KEYS = ("web-export", "raw-http", "final")
SECURE = "require-whisk-auth"
Pairs = list[dict[str, Any]]


def _without(pairs: Pairs, *keys: str) -> Pairs:
    return [pair for pair in pairs if pair["key"] not in keys]


def _joined(first: Pairs, second: Pairs) -> Pairs:
    """Pairs, and those of others that they do not set."""
    known = {pair["key"] for pair in first}
    return [*first, *(pair for pair in second if pair["key"] not in known)]


def augment(session: Session, body: dict[str, Any], old: dict[str, Any]) -> None:
    """Set the annotations that the flags ask for; what the action has already is carried on."""
    words, own = session.words, body.get("annotations")
    existing: Pairs = old.get("annotations") or []
    pairs: Pairs = list(own or [])
    changed = False
    choice = words.text("web").lower()
    if words.given("web"):
        if choice not in WEB:
            raise WskError(
                f"Invalid argument '{words.text('web')}' for --web flag. "
                "Valid input consist of 'yes', 'true', 'raw', 'false', or 'no'.",
                BAD_USAGE,
            )
        if own is None:
            pairs = _joined(pairs, existing)
        pairs = _without(pairs, *KEYS)
        pairs += [{"key": k, "value": v} for k, v in zip(KEYS, WEB[choice], strict=True)]
        pairs = _joined(pairs, [p for p in existing if p["key"] == SECURE])
        changed = True
    if words.given("web-secure"):
        off = choice in ("no", "false")
        exported = output.annotation({"annotations": pairs}, "web-export") is True
        if not (exported or (output.annotation(old, "web-export") is True and not off)):
            raise WskError(
                "The --web-secure option is only valid when the --web option is enabled.", BAD_USAGE
            )
        kept = existing
        if own is not None:
            kept = [p for p in existing if p["key"] in (*KEYS, SECURE)]
        pairs = _secured(words.text("web-secure"), _joined(pairs, kept), body)
        changed = True
    if changed:
        body["annotations"] = pairs


def _secured(secret: str, pairs: Pairs, body: dict[str, Any]) -> Pairs:
    present = output.annotation({"annotations": pairs}, SECURE)
    if secret.lower() == "false":
        if present is not None:
            body["delAnnotations"] = [SECURE]
            return _without(pairs, SECURE)
        return [*pairs, {"key": SECURE, "value": False}]
    chosen: Any = secret
    if secret.lower() == "true":
        if isinstance(present, int) and not isinstance(present, bool):
            return pairs
        chosen = secrets.randbelow(2**53 - 1)
    kept = [p | {"value": chosen} if p["key"] == SECURE else p for p in pairs]
    return kept if present is not None else [*pairs, {"key": SECURE, "value": chosen}]
