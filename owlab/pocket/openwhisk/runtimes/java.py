"""What Java actions need of this computer: a JDK, and Gson, which their image brings."""

from __future__ import annotations

import os
import re
import shutil
from functools import cache
from pathlib import Path

GSON = "/usr/share/java/gson.jar"
MAVEN = "~/.m2/repository/com/google/code/gson/gson"
NO_JDK = (
    "The pocket lab runs java functions with the JDK of this computer (Java 11 or newer, Debian's "
    "default-jdk-headless); there is none."
)
NO_GSON = (
    "The pocket lab runs java functions with the gson.jar of this computer (Debian's "
    "libgoogle-gson-java, or the one named by OWLAB_GSON); there is none."
)
OPENED = ("java.base/java.util=ALL-UNNAMED", "java.base/java.io=ALL-UNNAMED")


@cache
def jdk() -> str | None:
    """The ``java`` of a JDK: one without a compiler cannot start our launcher."""
    path = shutil.which("java")
    if path is None:
        return None
    real = os.path.realpath(path)
    return real if Path(real).with_name("javac").exists() else None


@cache
def gson() -> str | None:
    """The library that an action's ``JsonObject`` is of."""
    own = os.environ.get("OWLAB_GSON", "")
    found = [path for path in (own, GSON) if path and Path(path).is_file()]
    kept = Path(MAVEN).expanduser().glob("*/gson-*.jar")
    newest = sorted(kept, key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)])
    found += [str(path) for path in newest[::-1]]
    return os.path.realpath(found[0]) if found else None


def missing() -> str:
    """Why Java functions do not run here, in one sentence; nothing where they do."""
    return NO_JDK if jdk() is None else NO_GSON if gson() is None else ""


def homes() -> set[str]:
    """What an action needs to read: the JDK with its settings, and the library."""
    java, library = jdk(), gson()
    if java is None:
        return set()
    home = Path(java).parent.parent
    settings = {os.path.realpath(path) for path in (home / "conf").glob("**/*")}
    folders = {str(Path(path).parent) for path in settings}
    return {str(home), *folders, *([library] if library else [])}


def command(launcher: Path, place: Path, main: str) -> list[str]:
    """Start a JVM that is as small as those of a container."""
    java = jdk()
    assert java is not None
    classes = os.pathsep.join([str(place), *([library] if (library := gson()) else [])])
    opened = [word for name in OPENED for word in ("--add-opens", name)]
    flags = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-XX:-UsePerfData"]
    return [java, *flags, *opened, "-cp", classes, "--source", "11", str(launcher), main]
