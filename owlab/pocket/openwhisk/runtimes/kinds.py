"""The kinds of actions, as the upstream chart's runtimes manifest lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass

NATIVE = "openwhisk/dockerskeleton"


@dataclass(frozen=True, slots=True)
class RuntimeKind:
    """One kind, the image that its pods name, and what executes it."""

    name: str
    image: str
    default: bool = False
    stem_cells: int = 0
    needs_main: bool = False
    executes: str = ""
    """Another family than the name's, for container images that are known."""

    @property
    def family(self) -> str:
        """Whose rules its actions follow: ``nodejs``, ``php``, ``native``, ``blackbox``, ..."""
        return self.executes or self.name.split(":")[0]

    @property
    def concurrent(self) -> bool:
        """One container answers several calls at a time: Node.js alone can, as upstream."""
        return self.family == "nodejs"


KINDS = {
    kind.name: kind
    for kind in (
        RuntimeKind("nodejs:14", "openwhisk/action-nodejs-v14:1.20.0", default=True, stem_cells=2),
        RuntimeKind("nodejs:16", "openwhisk/action-nodejs-v16:1.20.0"),
        RuntimeKind("python:3", "openwhisk/action-python-v3.7:1.17.0", default=True),
        RuntimeKind("swift:4.2", "openwhisk/action-swift-v4.2:1.17.0", default=True),
        RuntimeKind("swift:5.1", "openwhisk/action-swift-v5.1:1.17.0"),
        RuntimeKind("swift:5.3", "openwhisk/action-swift-v5.3:1.17.0"),
        RuntimeKind("swift:5.4", "openwhisk/action-swift-v5.4:1.17.0"),
        RuntimeKind("java:8", "openwhisk/java8action:1.17.0", default=True, needs_main=True),
        RuntimeKind("php:7.3", "openwhisk/action-php-v7.3:1.17.0"),
        RuntimeKind("php:7.4", "openwhisk/action-php-v7.4:1.17.0", default=True),
        # The chart's own mistake: this kind has the image of the one before.
        RuntimeKind("php:8.0", "openwhisk/action-php-v7.4:1.17.0"),
        RuntimeKind("ruby:2.5", "openwhisk/action-ruby-v2.5:1.17.0", default=True),
        RuntimeKind("go:1.17", "openwhisk/action-golang-v1.17:1.20.0", default=True),
        RuntimeKind("rust:1.34", "openwhisk/action-rust-v1.34:1.3.0", default=True),
        RuntimeKind(
            "dotnet:2.2", "openwhisk/action-dotnet-v2.2:1.16.0", default=True, needs_main=True
        ),
        RuntimeKind("dotnet:3.1", "openwhisk/action-dotnet-v3.1:1.16.0", needs_main=True),
        RuntimeKind("ballerina:0.990", "openwhisk/action-ballerina-v0.990.2:nightly", default=True),
    )
}
FAMILIES = tuple(dict.fromkeys(kind.family for kind in KINDS.values()))

# Kinds of newer images than the chart's manifest lists; the same interpreters execute them.
NEWER = re.compile(r"nodejs:(18|20|22)|python:3\.(7|9|1[0-4])")


def resolve(name: str) -> RuntimeKind | None:
    """A kind by its name or its family's ``:default``; None when there is none."""
    family, _, version = name.partition(":")
    if version == "default":
        return next((k for k in KINDS.values() if k.family == family and k.default), None)
    if NEWER.fullmatch(name):
        return RuntimeKind(name, f"openwhisk/action-{family}-v{version}:latest")
    return KINDS.get(name)


def blackbox(image: str) -> RuntimeKind:
    """The kind of a container image. Those of OpenWhisk's runtimes are executed as their kinds."""
    repository = image.removeprefix("docker.io/").partition(":")[0]
    if repository == NATIVE:
        return RuntimeKind("blackbox", image, executes="native")
    known = {kind.image.partition(":")[0]: kind.family for kind in KINDS.values()}
    known["openwhisk/python3action"] = "python"
    return RuntimeKind("blackbox", image, executes=known.get(repository, ""))
