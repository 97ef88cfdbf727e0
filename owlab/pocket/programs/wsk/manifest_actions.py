"""The actions and sequences of a project's manifest, as OpenWhisk wants them."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Collection
from dataclasses import dataclass, field

from owlab.pocket.programs.wsk.code import ARCHIVES, KINDS
from owlab.pocket.programs.wsk.exits import Told, WskError, deploy_error, nested
from owlab.pocket.programs.wsk.folders import packed
from owlab.pocket.programs.wsk.manifest_inputs import Document, Values
from owlab.pocket.programs.wsk.session import Session
from owlab.pocket.programs.wsk.web_flags import KEYS, WEB

DEFAULT = "default"
"""The package that is none: what is in it stands in the namespace itself."""
UNSPECIFIED = "NOT SPECIFIED"
INVALID = (
    "Invalid or missing runtime [{runtime}] specified in manifest for the action [{action}].\n"
)
# What may be set, under which name, from which value on; less is left out with a warning.
LIMITS = (
    ("timeout", "timeout", 100, 600_000, "[100, 600000] milliseconds"),
    ("memorySize", "memory", 128, 2048, "[128, 2048] MB"),
    ("logSize", "logs", 0, 10, "[0, 10] MB"),
)
FIXED = ("concurrentActivations", "userInvocationRate", "codeSize", "parameterSize")
"""Limits that a manifest may name and nobody can set."""


@dataclass(frozen=True, slots=True)
class ManifestReader:
    """Where a manifest is, what the server runs, and what is put on all that it names."""

    session: Session
    path: str
    runtimes: Collection[str]
    mark: list[Document] = field(default_factory=list)
    """The annotation of a managed project."""
    warnings: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        """Something to tell of with ``--verbose``."""
        self.warnings.append(text)

    def no_runtime(self, action: str, given: str, problem: str, place: str) -> WskError:
        """An action whose code nothing can run."""
        known = ", ".join(self.runtimes)
        text = f"{problem}Action [{action}]: Runtime [{given}]: Supported Runtimes [{known}]"
        inner = deploy_error("YAML_INVALID_RUNTIME", self.path, text, place)
        return nested(self.path, inner, "actions")

    def wrong_action(self, text: str, place: str) -> WskError:
        """An action that cannot be read."""
        inner = deploy_error("YAML_FILE_FORMAT_ERROR", self.path, text, place)
        return nested(self.path, inner, "actions")


def action_of(reader: ManifestReader, values: Values, name: str, told: Document) -> Document:
    """An action's document."""
    file = told.get("function") or told.get("location")
    execution: Document = {}
    if told.get("code"):
        execution = _inline(reader, name, told)
    if file:
        execution = _from_file(reader, name, told, str(values.text(str(file))))
    if told.get("docker") or told.get("native"):
        image = values.text(told.get("docker") or "")
        execution |= {
            "kind": "blackbox",
            "image": "openwhisk/dockerskeleton" if told.get("native") else image,
        }
    if not execution.get("kind"):
        text = f"Action [{name}] has no kind set."
        inner = deploy_error("YAML_PARSER_ERROR", reader.path, text, "kind")
        raise nested(reader.path, inner, "kept actions")
    if told.get("main"):
        execution["main"] = told["main"]
    if told.get("web") and told.get("web-export"):
        reader.warn(f"[{name}] has both web and web-export; the first one counts.")
    body: Document = {
        "exec": execution,
        "parameters": values.inputs(told.get("inputs")),
        "annotations": web_annotations(
            reader, name, told, "actions", [*values.pairs(told.get("annotations")), *reader.mark]
        ),
    }
    if told.get("conductor"):
        body["annotations"].append({"key": "conductor", "value": True})
    if limits := _limits(reader, told.get("limits") or {}):
        body["limits"] = limits
    return body


def sequence_of(
    reader: ManifestReader, values: Values, name: str, told: Document, prefix: str
) -> Document:
    """A sequence's document."""
    names = [part.strip() for part in str(told.get("actions", "")).split(",") if part.strip()]
    components = [component(reader.session, part, prefix) for part in names]
    own = [*values.pairs(told.get("annotations")), *reader.mark]
    return {
        "exec": {"kind": "sequence", "components": components},
        "annotations": web_annotations(reader, name, told, "sequences", own),
    }


def component(session: Session, name: str, prefix: str) -> str:
    """An action's full name; one without a package is of the same package."""
    if name.startswith("/"):
        return name
    return f"/{session.namespace}/{name if '/' in name else prefix + name}"


def web_annotations(
    reader: ManifestReader, name: str, told: Document, place: str, own: list[Document]
) -> list[Document]:
    """Annotations, with those that ``web`` stands for."""
    given = told.get("web", told.get("web-export"))
    if given is None:
        return own
    choice = str(given).lower()
    if choice not in WEB:
        known = ", ".join(WEB)
        text = f"Action [{name}]: web-export [{given}]: Supported Web Exports [{known}]"
        inner = deploy_error("YAML_INVALID_WEB_EXPORT", reader.path, text)
        raise nested(reader.path, inner, place)
    chosen = [{"key": key, "value": value} for key, value in zip(KEYS, WEB[choice], strict=True)]
    return [*(pair for pair in own if pair["key"] not in KEYS), *chosen]


def _limits(reader: ManifestReader, given: Document) -> Document:
    for name in FIXED:
        if given.get(name) is not None:
            reader.warn(f"The action limit [{name}] cannot be set by a manifest.\n")
    found: Document = {}
    for theirs, ours, least, most, known in LIMITS:
        value = given.get(theirs)
        if value is None:
            continue
        if not least <= value <= most:
            reader.warn(f"The action limit {theirs} is outside of {known}.\n")
        if value >= least:
            found[ours] = value
    return found


def _inline(reader: ManifestReader, name: str, told: Document) -> Document:
    given = str(told.get("runtime") or "")
    if told.get("function"):
        raise reader.wrong_action(
            f"Action [{name}] is invalid. It has both code and function specified, only one of "
            "them is expected.\n",
            "both",
        )
    if not given:
        raise reader.wrong_action(
            f"Action [{name}] is invalid. It has code specified without any runtime. With "
            "action source code, runtime is mandatory.",
            "code",
        )
    known = given in reader.runtimes or f"{given}:default" in reader.runtimes
    if not known and not reader.session.words.on("strict"):
        raise reader.wrong_action(INVALID.format(runtime=given, action=name), "runtime")
    kind = given if ":" in given or reader.session.words.on("strict") else f"{given}:default"
    return {"code": str(told["code"]), "kind": kind}


def _from_file(reader: ManifestReader, name: str, told: Document, file: str) -> Document:
    if "://" in file:
        raise Told(
            f"Action [{name}] is to be fetched from [{file}], from the internet: the pocket lab "
            "cannot.\n\n",
            usage=False,
        )
    path = posixpath.join(posixpath.dirname(reader.path), file)
    call = reader.session.call
    place = call.path(path)
    folder = call.fs.exists(place) and call.fs.look(place).is_directory
    extension = ".zip" if folder else posixpath.splitext(path)[1]
    kind = _kind(reader, name, told, extension)
    if folder:
        root = call.path(posixpath.dirname(reader.path) or ".")
        data = packed(call, place, root, told.get("include") or (), told.get("exclude") or ())
        return {"code": base64.b64encode(data).decode(), "kind": kind}
    try:
        data = reader.session.read(path)
    except WskError as error:
        text = f"open {path}: no such file or directory"
        raise nested(reader.path, text, "actions") from error
    binary = extension in ARCHIVES
    text = base64.b64encode(data).decode() if binary else data.decode("utf-8", "replace")
    if not text:
        text = f"Action [{name}] has no source code."
        inner = deploy_error("YAML_PARSER_ERROR", reader.path, text, "source")
        raise nested(reader.path, inner, "kept actions")
    return {"code": text, "kind": kind}


def _kind(reader: ManifestReader, name: str, told: Document, extension: str) -> str:
    given, kind = str(told.get("runtime") or ""), KINDS.get(extension, "")
    problem = ""
    if not given and not told.get("docker") and not told.get("native"):
        if extension == ".zip":
            problem = INVALID.format(runtime=UNSPECIFIED, action=name)
        elif not kind:
            problem = (
                f"[{name}] has not specified any runtime and the action source file extension "
                f"[{extension[1:]}] is not supported.\n"
            )
    elif given and given not in reader.runtimes and extension == ".zip":
        problem = INVALID.format(runtime=given, action=name)
    if problem:
        place = "zip" if extension == ".zip" and not given else ""
        raise reader.no_runtime(name, given or UNSPECIFIED, problem, place)
    if not given or reader.session.words.on("strict"):
        return given or kind
    # A runtime that the server lacks, or that is not the file's, gives way to the file's own.
    if extension == ".zip" or given.split(":")[0] == kind.split(":")[0]:
        if given in reader.runtimes:
            return given
        reader.warn(INVALID.format(runtime=given, action=name))
    else:
        reader.warn(f"Runtime [{given}] of action [{name}] is not that of [{extension[1:]}].\n")
    reader.warn(f"Runtime of action [{name}] changed to [{kind}].\n")
    return kind
