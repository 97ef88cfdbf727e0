"""The API gateway's routes: made, listed and removed by the actions of /whisk.system/apimgmt."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from owlab.pocket.ground.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS whisk_apis (
    tenant TEXT NOT NULL, basepath TEXT NOT NULL, namespace TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (tenant, basepath)
) STRICT;
"""
Document = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
DEFAULT = {"default": {"description": "Default response"}}


class GatewayError(Exception):
    """What the management actions refuse."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes: the web action, and the path that it is told."""

    action: str
    extension: str
    secret: Any
    path: str


class Gateway:
    """APIs by tenant (the UUID of a namespace's key) and base path."""

    def __init__(self, db: Database, apihost: str) -> None:
        self._db, self._apihost = db, apihost
        db.schema(SCHEMA)

    # -- management ------------------------------------------------------------------------

    def createApi(self, namespace: str, value: Document) -> Document:
        """Add an operation to an API, or replace an API by a swagger document."""
        tenant, given = _tenant(value), value.get("apidoc")
        if isinstance(given, str):
            given = _parsed(given)
        if not isinstance(given, dict):
            raise GatewayError("apidoc is required.")
        if given.get("swagger"):
            swagger = given["swagger"]
            document = _parsed(swagger) if isinstance(swagger, str) else swagger
            _check(document)
        else:
            document = self._with_operation(tenant, given, str(value.get("responsetype", "json")))
        _name_namespace(document, namespace)
        self._db.run(
            "INSERT OR REPLACE INTO whisk_apis VALUES (?, ?, ?, ?)",
            tenant,
            document["basePath"],
            namespace,
            json.dumps(document),
        )
        return self._shown(tenant, namespace, document)

    def _with_operation(self, tenant: str, given: Document, style: str) -> Document:
        for field in ("gatewayBasePath", "gatewayPath", "gatewayMethod", "action"):
            if not given.get(field):
                raise GatewayError(f"apidoc is missing the {field} field")
        action = given["action"]
        for field in ("backendMethod", "backendUrl", "namespace", "name", "authkey"):
            if not action.get(field):
                raise GatewayError(f"action is missing the {field} field")
        base = given["gatewayBasePath"]
        found = next((d for _, d in self._rows(tenant) if _is(d, base)), None)
        if found is None:
            if not base.startswith("/"):
                raise GatewayError(f"API creation failure: API '{base}' does not exist")
            title = given.get("apiName") or base
            found = {
                "swagger": "2.0",
                "basePath": base,
                "info": {"title": title, "version": "1.0.0"},
                "paths": {},
            }
        package, _, name = str(action["name"]).rpartition("/")
        url = re.sub(r"\.http$", f".{style}", str(action["backendUrl"]))
        operation: Document = {
            "operationId": f"{given['gatewayMethod'].lower()}{given['gatewayPath']}",
            "responses": DEFAULT,
            "x-openwhisk": {
                "action": name,
                "namespace": action["namespace"],
                "package": package or "default",
                "url": url,
            },
        }
        if action.get("secureKey") is not None:
            operation["x-owlab-secret"] = action["secureKey"]
        path = found["paths"].setdefault(given["gatewayPath"], {})
        if given.get("pathParameters"):
            path["parameters"] = given["pathParameters"]
        path[given["gatewayMethod"].lower()] = operation
        return found

    def getApi(self, namespace: str, value: Document) -> Document:
        """The tenant's APIs, or the one of a base path or a name."""
        tenant, wanted = _tenant(value), value.get("basepath")
        rows = [
            {"value": self._shown(tenant, owner, document)}
            for owner, document in self._rows(tenant)
            if not wanted or _is(document, str(wanted))
        ]
        return {"apis": rows}

    def deleteApi(self, namespace: str, value: Document) -> Document:
        """Remove an API, a path of one, or an operation."""
        tenant, wanted = _tenant(value), str(value.get("basepath") or "")
        if not wanted:
            raise GatewayError("basepath is required.")
        document = next((d for _, d in self._rows(tenant) if _is(d, wanted)), None)
        if document is None:
            raise GatewayError(f"API deletion failure: API '{wanted}' does not exist", 404)
        path, verb = value.get("relpath"), str(value.get("operation") or "").lower()
        if path:
            operations = document["paths"].get(path)
            missing = f"path '{path}'" + (f" with operation '{verb}'" if verb else "")
            if operations is None or (verb and verb not in operations):
                text = f"API deletion failure: {missing} does not exist in the API"
                raise GatewayError(text, 404)
            if verb:
                del operations[verb]
            if not verb or not any(name in METHODS for name in operations):
                del document["paths"][path]
        if path and document["paths"]:
            self._db.run(
                "UPDATE whisk_apis SET document = ? WHERE tenant = ? AND basepath = ?",
                json.dumps(document),
                tenant,
                document["basePath"],
            )
        else:
            self._db.run(
                "DELETE FROM whisk_apis WHERE tenant = ? AND basepath = ?",
                tenant,
                document["basePath"],
            )
        return {}

    def _rows(self, tenant: str) -> list[tuple[str, Document]]:
        rows = self._db.rows(
            "SELECT namespace, document FROM whisk_apis WHERE tenant = ? ORDER BY rowid", tenant
        )
        return [(namespace, json.loads(text)) for namespace, text in rows]

    def _shown(self, tenant: str, namespace: str, document: Document) -> Document:
        base = document["basePath"].rstrip("/")
        return {
            "namespace": namespace,
            "gwApiUrl": f"https://{self._apihost}/api/{tenant}{base}",
            "gwApiActivated": True,
            "tenantId": tenant,
            "apidoc": _without_secrets(document),
        }

    # -- requests --------------------------------------------------------------------------

    def route(self, tenant: str, path: str, method: str) -> Route | None:
        """Where a request goes; None for no API or path, GatewayError for a method it has not."""
        best: tuple[int, Document, str] | None = None
        for _, document in self._rows(tenant):
            base = document["basePath"].rstrip("/")
            if path == base or path.startswith(f"{base}/"):
                for template, operations in document["paths"].items():
                    full = base + template
                    fixed = len(full.replace("{", "\0").split("\0")[0])
                    if _matches(full, path) and (best is None or fixed > best[0]):
                        best = (fixed, operations, full)
        if best is None:
            return None
        operation = best[1].get(method.lower())
        if operation is None:
            raise GatewayError("Method not allowed.", 405)
        told = operation.get("x-openwhisk") or {}
        action = f"{told['namespace']}/{told.get('package') or 'default'}/{told['action']}"
        extension = str(told.get("url", "")).rpartition(".")[2]
        templated = "{" in best[2]
        shown = path if templated else ""
        return Route(action, extension, operation.get("x-owlab-secret"), shown)


def _matches(template: str, path: str) -> bool:
    wanted, given = template.strip("/").split("/"), path.strip("/").split("/")
    return len(wanted) == len(given) and all(
        (w.startswith("{") and w.endswith("}") and g) or w == unquote(g)
        for w, g in zip(wanted, given, strict=True)
    )


def _is(document: Document, name: str) -> bool:
    """A base path, or an API's name."""
    if name.startswith("/"):
        return bool(document["basePath"] == name)
    return bool(document["info"].get("title") == name)


def _tenant(value: Document) -> str:
    tenant = value.get("spaceguid")
    if not tenant or not value.get("accesstoken"):
        raise GatewayError("Authentication is required: accesstoken and spaceguid.", 401)
    return str(tenant)


def _parsed(text: str) -> Document:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise GatewayError(
            f"swagger field cannot be parsed. Ensure it is valid JSON: {error}"
        ) from (error)
    if not isinstance(found, dict):
        raise GatewayError("swagger field cannot be parsed. Ensure it is valid JSON.")
    return found


def _check(document: Document) -> None:
    needed = ("basePath", "info", "paths")
    if any(not document.get(name) for name in needed):
        raise GatewayError("swagger is missing the basePath, info or paths field.")
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            if verb in METHODS and "x-openwhisk" not in operation:
                text = f"operation {verb} of {path} names no action (x-openwhisk)"
                raise GatewayError(f"API creation failure: {text}")


def _name_namespace(document: Document, namespace: str) -> None:
    """``_`` means the caller's namespace."""
    for operations in document["paths"].values():
        for verb in METHODS:
            told = (operations.get(verb) or {}).get("x-openwhisk")
            if told and told.get("namespace") == "_":
                told["namespace"] = namespace
                told["url"] = str(told.get("url", "")).replace("/web/_/", f"/web/{namespace}/")


def _without_secrets(document: Document) -> Document:
    shown: Document = json.loads(json.dumps(document))
    for operations in shown["paths"].values():
        for verb in METHODS:
            (operations.get(verb) or {}).pop("x-owlab-secret", None)
    return shown
