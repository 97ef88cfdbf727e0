"""An action's `exec` from a file's name and the flags."""

from __future__ import annotations

import base64
import posixpath
from typing import Any

from owlab.pocket.programs.wsk.errors import WskError
from owlab.pocket.programs.wsk.session import Session

KINDS = {
    ".js": "nodejs:default", ".py": "python:default", ".swift": "swift:default",
    ".php": "php:default", ".java": "java:default", ".jar": "java:default", ".rb": "ruby:default",
    ".go": "go:default", ".bal": "ballerina:default", ".rs": "rust:default",
}  # fmt: skip


def execution(session: Session, artifact: str) -> dict[str, Any]:
    """Kind, code and main, as wsk sends them."""
    words = session.words
    if "docker" in words.values or session.on("native"):
        raise WskError(
            "actions of images are not part of the pocket lab: use --kind nodejs or python"
        )
    extension = posixpath.splitext(artifact)[1]
    kind = words.values.get("kind")
    data = session.read(artifact)
    archive = extension in (".zip", ".jar") or data.startswith(b"PK\x03\x04")
    if kind is None:
        if extension == ".zip":
            raise WskError(
                "creating an action from a .zip artifact requires specifying the action kind "
                "explicitly", 1
            )  # fmt: skip
        kind = KINDS.get(extension)
        if kind is None:
            raise WskError(f"'{extension}' is not a supported action runtime", 1)
    result: dict[str, Any] = {
        "kind": kind if ":" in kind else f"{kind}:default",
        "code": base64.b64encode(data).decode() if archive else data.decode(errors="replace"),
    }
    if "main" in words.values:
        result["main"] = words.values["main"]
    elif result["kind"].startswith("java"):
        raise WskError(
            "Java actions require --main to specify the fully-qualified name of the main class"
        )
    return result
