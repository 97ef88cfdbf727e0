"""One Helm action in a process of its own: the engine is large, and a crash stays here.

    python engine.py < request.json

The request is one JSON document: ``{"action": ..., ...}``. Each line of the answer is one too:
``{"log": [level, message]}`` while it works, then ``{"result": ...}`` or ``{"error": {...}}``.
SIGTERM cancels the action as Ctrl-C cancels Helm's.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import helm_python
from helm_python import _native

Request = dict[str, Any]
Answer = Any

NONE = 0
CANCEL_PATIENCE = 3.0


class _Forward(logging.Handler):
    """Passes the library's log records on as lines."""

    def emit(self, record: logging.LogRecord) -> None:
        say({"log": [record.levelname, record.getMessage()]})


_lock = threading.Lock()


def say(line: object) -> None:
    """Write one line of the answer; threads of the library may do so at the same time."""
    with _lock:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


# --- values ---------------------------------------------------------------------------------------


def merge(base: object, over: object, by_index: bool = False) -> Any:
    """``over`` laid on ``base``: maps by key, and lists by index where the words had ``[n]``."""
    if isinstance(base, dict) and isinstance(over, dict):
        merged = dict(base)
        for key, value in over.items():
            merged[key] = merge(base.get(key), value, by_index)
        return merged
    if by_index and isinstance(base, list) and isinstance(over, list):
        longest = max(len(base), len(over))
        pairs = zip(
            base + [None] * (longest - len(base)),
            over + [None] * (longest - len(over)),
            strict=True,
        )
        return [old if new is None else merge(old, new, True) for old, new in pairs]
    return over


def values_of(sources: list[list[str]]) -> dict[str, Any]:
    """The values of a command line: ``[kind, text]`` in Helm's order, later ones win."""
    values: dict[str, Any] = {}
    parsers: dict[str, Callable[[str], dict[str, Any]]] = {
        "yaml": helm_python.values_from_yaml,
        "json": _set_json,
        "set": helm_python.parse_set_string,
        "string": helm_python.parse_set_string_values,
        "literal": helm_python.parse_set_literal,
    }
    failures = {"json": "--set-json", "set": "--set", "string": "--set-string"}
    for kind, text in sources:
        try:
            over = parsers[kind](text)
        except helm_python.HelmError as problem:
            if kind not in failures:
                raise
            raise helm_python.HelmValuesError(
                f"failed parsing {failures[kind]} data: {problem}"
            ) from None
        values = merge(values, over, kind != "yaml" and re.search(r"\[\d+\]", text) is not None)
    return values


def _set_json(text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        whole: dict[str, Any] = json.loads(text)
        return whole
    return helm_python.parse_set_json(text)


# --- actions --------------------------------------------------------------------------------------


class HelmEngine:
    """The actions; each takes the request and returns what goes back as JSON."""

    def __init__(self) -> None:
        self.context = helm_python.HelmContext()

    def run(self, request: Request) -> Answer:
        """Perform the request's action."""
        action: Callable[[Request], Answer] = getattr(self, f"do_{request['action']}")
        return action(request)

    def config(self, request: Request) -> helm_python.Config:
        """The connection to the request's cluster."""
        return helm_python.Config(
            namespace=request.get("namespace"), **(request.get("cluster") or {})
        )

    def _call(self, function: str, *arguments: Any) -> Any:
        text = _native.call_string(function, *arguments)
        return json.loads(text) if text else None

    def _deploy(self, function: str, request: Request) -> Answer:
        values = values_of(request["values"])
        with self.config(request) as config, helm_python.Chart.load(request["chart"]) as chart:
            # Options beyond those that the binding names are understood by the library.
            summary = self._call(
                function,
                config._raw(),
                self.context._raw(),
                chart._raw(),
                None,
                request["name"],
                json.dumps(values),
                json.dumps(request["options"]),
            )
            if request["options"].get("dry_run") in ("client", "server"):
                return _dry(summary, chart, values, request)
            return self._whole(config, request["name"])

    def do_install(self, request: Request) -> Answer:
        """helm install"""
        return self._deploy("helm_install", request)

    def do_upgrade(self, request: Request) -> Answer:
        """helm upgrade; installs where there is no such release and the request says so."""
        if request.get("install"):
            with self.config(request) as config:
                try:
                    config.history(request["name"], max_revisions=1)
                except helm_python.HelmNotFoundError:
                    say({"installing": True})
                    keep = ("max_history", "reset_values", "reuse_values", "cleanup_on_fail")
                    options = {
                        key: value
                        for key, value in request["options"].items()
                        if key not in (*keep, "reset_then_reuse_values", "install")
                    }
                    options["create_namespace"] = request.get("create_namespace", False)
                    return self._deploy("helm_install", {**request, "options": options})
        return self._deploy("helm_upgrade", request)

    def do_uninstall(self, request: Request) -> Answer:
        """helm uninstall"""
        with self.config(request) as config:
            return self._call(
                "helm_uninstall", config._raw(), request["name"], json.dumps(request["options"])
            )

    def do_rollback(self, request: Request) -> Answer:
        """helm rollback"""
        with self.config(request) as config:
            _native.call_status(
                "helm_rollback", config._raw(), request["name"], json.dumps(request["options"])
            )
        return {}

    def do_list(self, request: Request) -> Answer:
        """helm list"""
        with self.config(request) as config:
            return self._call("helm_list", config._raw(), json.dumps(request["options"])) or []

    def do_history(self, request: Request) -> Answer:
        """helm history, each revision with its description."""
        with self.config(request) as config:
            revisions = config.history(request["name"], max_revisions=request.get("max"))
            for revision in revisions:
                whole = self._whole(config, request["name"], int(revision["revision"]))
                revision["description"] = whole["info"].get("description", "")
            return revisions

    def _whole(self, config: helm_python.Config, name: str, revision: int | None = None) -> Answer:
        found = config.get_all(name, revision=revision)
        summary, info = found["summary"], found.get("info") or {}
        return {
            "name": summary["name"],
            "namespace": summary["namespace"],
            "version": summary["revision"],
            "chart": {
                "name": summary.get("chart_name", ""),
                "version": summary.get("chart_version", ""),
                "appVersion": summary.get("app_version", ""),
            },
            "info": {
                **info,
                "status": info.get("status") or summary["status"],
                "notes": info.get("notes") or summary.get("notes") or "",
                "last_deployed": info.get("last_deployed") or summary.get("deployed_at") or "",
            },
            "config": found.get("config") or {},
            "manifest": summary.get("manifest") or "",
            "hooks": found.get("hooks") or [],
        }

    def do_get(self, request: Request) -> Answer:
        """The whole stored release, for helm status and helm get."""
        with self.config(request) as config:
            return self._whole(config, request["name"], request.get("revision") or None)

    def do_values(self, request: Request) -> Answer:
        """helm get values"""
        with self.config(request) as config:
            return config.get_values(
                request["name"],
                all_values=request.get("all", False),
                revision=request.get("revision") or None,
            )

    def do_metadata(self, request: Request) -> Answer:
        """helm get metadata"""
        with self.config(request) as config:
            return config.get_metadata(request["name"], revision=request.get("revision") or None)

    def do_test(self, request: Request) -> Answer:
        """helm test: the release afterwards, the pods' logs, and what failed."""
        failure = ""
        logs = ""
        with self.config(request) as config:
            try:
                done = self._call(
                    "helm_test_run", config._raw(), request["name"], json.dumps(request["options"])
                )
                logs = done.get("logs") or ""
            except helm_python.HelmNotFoundError:
                raise
            except helm_python.HelmReleaseError as problem:
                failure = str(problem)
            return {
                "release": self._whole(config, request["name"]),
                "logs": logs,
                "failure": failure,
            }

    def do_template(self, request: Request) -> Answer:
        """helm template"""
        values = values_of(request["values"])
        with self.config(request) as config, helm_python.Chart.load(request["chart"]) as chart:
            summary = self._call(
                "helm_install",
                config._raw(),
                NONE_HANDLE,
                chart._raw(),
                None,
                request["name"],
                json.dumps(values),
                json.dumps({**request["options"], "dry_run": "client"}),
            )
            dry = _dry(summary, chart, values, request)
            crds = chart.crds if request.get("crds") else []
            return {"manifest": dry["manifest"], "hooks": dry["hooks"], "crds": crds}

    def do_lint(self, request: Request) -> Answer:
        """helm lint, for each chart of the request."""
        values = values_of(request["values"])
        return [helm_python.lint(path, values, **request["options"]) for path in request["charts"]]

    def do_show(self, request: Request) -> Answer:
        """helm show"""
        return helm_python.show(request["chart"], output_format=request["part"])

    def do_package(self, request: Request) -> Answer:
        """helm package; the archive is left in the request's directory."""
        return helm_python.package(
            request["chart"],
            destination=request["destination"],
            version=request.get("version"),
            app_version=request.get("app_version"),
        )

    def do_index(self, request: Request) -> Answer:
        """helm repo index; index.yaml is left in the request's directory."""
        helm_python.repo_index_generate(request["directory"], base_url=request.get("url"))

    def do_create(self, request: Request) -> Answer:
        """helm create"""
        helm_python.Chart.create(request["name"], request["destination"]).close()

    def do_dependencies(self, request: Request) -> Answer:
        """helm dependency list"""
        return helm_python.dependency_list(request["chart"])

    def do_version(self, request: Request) -> Answer:
        """The engine's version."""
        return helm_python.helm_sdk_version()


NONE_HANDLE = _native.HANDLE(NONE)
_HOOK = re.compile(r"""^[ \t]+["']?helm\.sh/hook["']?:\s*["']?([\w,\- ]+)""", re.MULTILINE)
_NAME = re.compile(
    r"^metadata:[ \t]*\n(?:(?:[ \t].*)?\n)*?[ \t]+name:[ \t]*[\"']?([\w.\-]+)", re.MULTILINE
)
_KIND = re.compile(r"^kind:\s*[\"']?(\w+)", re.MULTILINE)


def hooks_of(rendered: dict[str, str]) -> list[dict[str, Any]]:
    """The hooks among rendered templates: the library reports them only for stored releases."""
    hooks = []
    for path, text in sorted(rendered.items()):
        for document in re.split(r"^---\s*$", text, flags=re.MULTILINE):
            mark = _HOOK.search(document)
            if not mark:
                continue
            name, kind = _NAME.search(document), _KIND.search(document)
            events = [event.strip() for event in mark[1].split(",")]
            hooks.append(
                {
                    "name": name[1] if name else "",
                    "kind": kind[1] if kind else "",
                    "path": path,
                    "manifest": document.strip("\n"),
                    "events": ["test" if event == "test-success" else event for event in events],
                }
            )
    return hooks


def _dry(
    summary: dict[str, Any], chart: helm_python.Chart, values: dict[str, Any], request: Request
) -> Answer:
    rendered = chart.render(
        values,
        name=request["name"],
        namespace=request.get("namespace"),
        is_upgrade=request["action"] == "upgrade",
    )
    return {
        "name": summary["name"],
        "namespace": summary["namespace"],
        "version": summary["revision"],
        "info": {
            "status": summary["status"],
            "description": "Dry run complete",
            "last_deployed": summary.get("deployed_at", ""),
            "notes": summary.get("notes") or "",
        },
        "config": values,
        "manifest": summary.get("manifest") or "",
        "hooks": hooks_of(rendered),
    }


def main() -> int:
    """Answer the request on standard input."""
    request: Request = json.load(sys.stdin)
    logger = logging.getLogger("helm")
    logger.propagate = False
    logger.addHandler(_Forward())
    logger.setLevel(logging.DEBUG)
    helm_python.enable_logging(
        logging.DEBUG if request.get("debug") else logging.WARNING, logger=logger
    )
    engine = HelmEngine()
    status = [0]
    finished = threading.Event()

    def work() -> None:
        try:
            say({"result": engine.run(request)})
        except helm_python.HelmError as problem:
            say({"error": {"kind": type(problem).__name__, "message": str(problem)}})
            status[0] = 1
        except (OSError, ValueError) as problem:
            say({"error": {"kind": "Error", "message": str(problem)}})
            status[0] = 1
        finally:
            finished.set()

    # Signals reach Python's main thread only between its own instructions: the action has another.
    def cancel(*_: object) -> None:
        if request["action"] not in ("install", "upgrade"):
            os._exit(130)
        engine.context.cancel()
        threading.Timer(CANCEL_PATIENCE, os._exit, [130]).start()

    signal.signal(signal.SIGTERM, cancel)
    threading.Thread(target=work, daemon=True).start()
    while not finished.wait(0.5):
        pass
    sys.stdout.flush()
    # The library's threads have nothing left to do: do not wait for them.
    os._exit(status[0])


if __name__ == "__main__":
    main()
