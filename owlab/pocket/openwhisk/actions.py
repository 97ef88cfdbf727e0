"""Actions: what may be created, and where they are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from owlab.pocket.openwhisk import documents, runtimes
from owlab.pocket.openwhisk.code import is_binary
from owlab.pocket.openwhisk.entity_names import Identity, Qualified, checked, qualified
from owlab.pocket.openwhisk.limits import Limits
from owlab.pocket.openwhisk.packages import Packages
from owlab.pocket.openwhisk.refusals import (
    WhiskError,
    bad_request,
    conflict,
    forbidden,
    malformed,
    too_large,
)
from owlab.pocket.openwhisk.sequences import components
from owlab.pocket.openwhisk.store import Document, EntityStore

COLLECTION = "actions"


@dataclass(frozen=True, slots=True)
class ResolvedAction:
    """An action, where it really is, and what it inherits."""

    name: Qualified
    document: Document
    inherited: dict[str, Any]
    binding: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Of its package, overridden by its own."""
        return self.inherited | documents.values(self.document["parameters"])

    @property
    def annotations(self) -> dict[str, Any]:
        """Its annotations as a mapping."""
        return documents.values(self.document["annotations"])

    @property
    def immutable(self) -> set[str]:
        """Parameters that nobody may override: those with a value, when it is ``final``."""
        if self.annotations.get("final") is not True:
            return set()
        return {name for name, value in self.parameters.items() if value is not None}

    @property
    def initial(self) -> set[str]:
        """Parameters for the initialization, as variables of the environment."""
        return {pair["key"] for pair in self.document["parameters"] if pair.get("init")}


class Actions:
    """The actions of all namespaces."""

    def __init__(
        self,
        store: EntityStore,
        packages: Packages,
        limits: Limits,
        own: Callable[[str], dict[str, Any]] = lambda namespace: {},
    ) -> None:
        self._store, self._packages, self._limits = store, packages, limits
        self._own = own

    def check_kind(self, caller: Identity, kind: str) -> None:
        """403 for a kind that wskadmin has not allowed the caller's namespace."""
        allowed = self._own(caller.namespace).get("allowedKinds")
        if allowed and kind != "sequence" and kind not in allowed:
            raise WhiskError(
                403,
                "The supplied authentication is not authorized to access actions of kind "
                f"'{kind}'.",
            )

    def list(self, caller: Identity, namespace: str, package: str | None = None) -> list[Document]:
        """A namespace's actions, newest first, without code; or those of one package."""
        if package is None:
            namespace = caller.owns(namespace)
            found = self._store.list(COLLECTION, namespace)
        else:
            where = self._packages.resolve(caller, namespace, package)
            found = self._store.list(COLLECTION, where.namespace, where.name)
        return [
            documents.summary(a, "limits") | {"exec": {"binary": a["exec"].get("binary", False)}}
            for a in found
        ]

    def find(self, caller: Identity, namespace: str, package: str, name: str) -> ResolvedAction:
        """An action that the caller may run: its own, or one of a shared package."""
        if not package:
            owner = caller.resolve(namespace)
            if owner != caller.namespace:
                raise forbidden()
            document = self._store.get(COLLECTION, owner, name)
            return ResolvedAction(Qualified(owner, "", name), document, {})
        where = self._packages.resolve(caller, namespace, package)
        document = self._store.get(COLLECTION, where.namespace, name, where.name)
        at = Qualified(where.namespace, where.name, name)
        return ResolvedAction(at, document, where.parameters, where.binding)

    def code(self, found: ResolvedAction) -> str:
        """An action's code as it was given."""
        return self._store.code(found.name.namespace, found.name.name, found.name.package)

    def get(
        self, caller: Identity, namespace: str, package: str, name: str, *, code: bool = True
    ) -> Document:
        """An action's document."""
        found = self.find(caller, namespace, package, name)
        document = found.document
        if found.inherited:
            document["parameters"] = [{"key": k, "value": v} for k, v in found.parameters.items()]
        if code and document["exec"]["kind"] != "sequence":
            text = self.code(found)
            if text or document["exec"]["kind"] != "blackbox":
                document["exec"]["code"] = text
        return document

    def put(
        self,
        caller: Identity,
        namespace: str,
        package: str,
        name: str,
        body: Document,
        *,
        overwrite: bool,
    ) -> Document:
        """Create or update an action."""
        checked(name)
        owner = (
            self._packages.writable(caller, namespace, package)
            if package
            else caller.owns(namespace)
        )
        at = Qualified(owner, package, name)
        old = self._store.find(COLLECTION, owner, name, package)
        if old is not None and not overwrite:
            raise conflict()
        document = documents.common(body, old, at.location, name)
        given = body.get("exec")
        if given is None:
            if old is None:
                raise bad_request("exec undefined")
            execution, code = old["exec"], self._store.code(owner, name, package)
        else:
            execution, code = self._execution(caller, at, given)
            self.check_kind(caller, execution["kind"])
        document["exec"] = execution
        document["limits"] = self._limited(body.get("limits"), old)
        document["parameters"] = _parameters(execution, document["parameters"], body, old)
        annotations = document["annotations"]
        if old is not None:
            new = documents.pairs(body.get("annotations"), "annotations")
            annotations = documents.joined(old["annotations"], new, body.get("delAnnotations"))
        elif "provide-api-key" not in documents.values(annotations):
            annotations = [{"key": "provide-api-key", "value": False}, *annotations]
        document["annotations"] = documents.with_pair(annotations, "exec", execution["kind"])
        self._store.put(COLLECTION, owner, name, document, package, code)
        answer = document | {"exec": dict(execution)}
        if code or execution["kind"] not in ("sequence", "blackbox"):
            answer["exec"]["code"] = code
        return answer

    def _execution(self, caller: Identity, at: Qualified, given: object) -> tuple[Document, str]:
        if not isinstance(given, dict) or not isinstance(given.get("kind"), str):
            raise malformed("'kind' must be a string defined in 'exec'")
        kind = given["kind"].lower()
        if kind == "sequence":
            names = given.get("components")
            if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
                raise malformed("'components' must be an array of strings")
            chosen = [qualified(n, caller.namespace) for n in names]
            components(self._store, caller, self.find, at, chosen, self._limits.sequence_length)
            return {"kind": kind, "components": ["/" + n.path for n in chosen], "binary": False}, ""
        if kind == "blackbox":
            return self._blackbox(given)
        runtime = self._runtime(kind)
        code = given.get("code")
        if not isinstance(code, str):
            raise malformed(
                "'code' must be a string or attachment object defined in 'exec' "
                f"for '{runtime.name}' actions"
            )
        execution: Document = {"kind": runtime.name, "binary": is_binary(code)}
        if runtime.needs_main and given.get("main") is None:
            raise malformed(
                f"'main' must be a string defined in 'exec' for '{runtime.name}' actions"
            )
        return execution | _main(given), self._sized(code)

    def _blackbox(self, given: Document) -> tuple[Document, str]:
        """A container image, with code for it or without."""
        image, code = given.get("image"), given.get("code", "")
        if not isinstance(image, str) or not image:
            raise malformed("'image' must be a string defined in 'exec' for 'blackbox' actions")
        if not isinstance(code, str):
            raise malformed(
                "'code' must be a string or attachment object defined in 'exec' for 'blackbox' "
                "actions"
            )
        execution = {"kind": "blackbox", "image": image, "binary": is_binary(code)}
        return execution | _main(given), self._sized(code)

    def _sized(self, code: str) -> str:
        size = len(code.encode())
        if size > self._limits.code:
            raise too_large("Action code", size, self._limits.code)
        return code

    @staticmethod
    def _runtime(kind: str) -> runtimes.RuntimeKind:
        runtime = runtimes.resolve(kind)
        if runtime is not None:
            return runtime
        valid = ", ".join(f"'{known}'" for known in sorted(runtimes.KINDS))
        raise malformed(
            # The lab executes newer kinds too, which the chart's manifest does not list.
            f"The specified runtime '{kind}' is not supported by this platform. "
            f"Valid values are: {valid}."
        )

    def _limited(self, given: object, old: Document | None) -> Document:
        if given is not None and not isinstance(given, dict):
            raise malformed("no valid json object passed")
        limits = self._limits
        result: Document = {
            "concurrency": limits.concurrency_std,
            "logs": limits.logs_std,
            "memory": limits.memory_std,
            "timeout": limits.timeout_std,
        }
        result |= (old or {}).get("limits", {}) | (given or {})
        for field, unit, low, high in (
            ("timeout", " milliseconds", limits.timeout_min, limits.timeout_max),
            ("memory", " MB", limits.memory_min, limits.memory_max),
            ("logs", " MB", limits.logs_min, limits.logs_max),
            ("concurrency", "", limits.concurrency_min, limits.concurrency_max),
        ):
            value = result.get(field)
            if not isinstance(value, int) or isinstance(value, bool):
                word = {"timeout": "time", "logs": "log"}.get(field, field)
                raise malformed(f"{word} limit malformed")
            what = {"timeout": "duration", "logs": "log size"}.get(field, field)
            if value < low:
                raise malformed(
                    f"requirement failed: {what} {value}{unit} below allowed threshold"
                    f" of {low}{unit}"
                )
            if value > high:
                raise malformed(
                    f"requirement failed: {what} {value}{unit} exceeds allowed threshold"
                    f" of {high}{unit}"
                )
        return {field: result[field] for field in ("concurrency", "logs", "memory", "timeout")}

    def delete(self, caller: Identity, namespace: str, package: str, name: str) -> Document:
        """Remove an action."""
        owner = (
            self._packages.writable(caller, namespace, package)
            if package
            else caller.owns(namespace)
        )
        document = self._store.get(COLLECTION, owner, name, package)
        self._store.delete(owner, name, package)
        return document


def _parameters(
    execution: Document, chosen: documents.Pairs, body: Document, old: Document | None
) -> documents.Pairs:
    """A sequence's only parameter is its list; it does not leak into what comes after it."""
    was_sequence = old is not None and old["exec"]["kind"] == "sequence"
    if execution["kind"] == "sequence":
        if body.get("exec") is None and old is not None:
            kept: documents.Pairs = old["parameters"]
            return kept
        return [{"key": "_actions", "value": execution["components"]}]
    if was_sequence and "parameters" not in body:
        return []
    return chosen


def _main(given: Document) -> Document:
    """The function that is called, where one is named."""
    main = given.get("main")
    if main is None:
        return {}
    if not isinstance(main, str) or not main:
        raise malformed("'main' must be a string defined in 'exec'")
    return {"main": main}
