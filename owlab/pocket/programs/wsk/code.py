"""An action's `exec` from a file's name and the flags."""

from __future__ import annotations

import base64
import posixpath
from typing import Any

from owlab.pocket.programs.wsk.exits import BAD_USAGE, WskError
from owlab.pocket.programs.wsk.session import Session

NEEDED = "An action name and code artifact are required."
KINDS = {
    ".js": "nodejs:default", ".py": "python:default", ".swift": "swift:default",
    ".php": "php:default", ".jar": "java:default", ".rb": "ruby:default",
    ".go": "go:default", ".balx": "ballerina:default", ".rs": "rust:default",
}  # fmt: skip
ARCHIVES = (".zip", ".jar", ".balx")
SUFFIXES = {
    "nodejs": ".js", "python": ".py", "swift": ".swift", "php": ".php", "ruby": ".rb",
    "rust": ".rs", "go": ".go",
}  # fmt: skip
BINARY_SUFFIXES = {"java": ".jar", "ballerina": ".balx"}


def execution(session: Session, rest: list[str]) -> dict[str, Any]:
    """Kind, code and main, as wsk sends them."""
    words = session.words
    result: dict[str, Any] = {}
    extension = ""
    if len(rest) == 2:
        extension = posixpath.splitext(rest[1])[1]
        data = session.read(rest[1])
        archive = extension in ARCHIVES
        result["code"] = (
            base64.b64encode(data).decode() if archive else data.decode("utf-8", "replace")
        )
    elif not words.text("docker"):
        raise WskError(NEEDED, BAD_USAGE)
    result["kind"] = words.text("kind")
    if not result["kind"]:
        if words.text("docker") or words.on("native"):
            result["kind"] = "blackbox"
            native = words.on("native")
            result["image"] = "openwhisk/dockerskeleton" if native else words.text("docker")
        elif extension in KINDS:
            result["kind"] = KINDS[extension]
        elif extension == ".zip":
            raise WskError(
                "creating an action from a .zip artifact requires specifying the action kind "
                "explicitly",
                BAD_USAGE,
            )
        else:
            raise WskError(f"'{extension}' is not a supported action runtime", BAD_USAGE)
    if words.text("main"):
        result["main"] = words.text("main")
    elif result["kind"] == "java":
        raise WskError(
            "Java actions require --main to specify the fully-qualified name of the main class",
            BAD_USAGE,
        )
    return result


def file_name(name: str, found: dict[str, Any]) -> str:
    """Where ``get --save`` puts an action's code."""
    family = str(found["kind"]).split(":")[0]
    if found.get("binary"):
        return name + BINARY_SUFFIXES.get(family, ".zip")
    return name + SUFFIXES.get(family, "")
