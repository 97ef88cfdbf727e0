"""From a request to an activation record: actions, sequences, compositions and triggers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from owlab.pocket.ground.intake import parse
from owlab.pocket.openwhisk import runtimes
from owlab.pocket.openwhisk.actions import ResolvedAction
from owlab.pocket.openwhisk.activations import (
    DEVELOPER_ERROR,
    INTERNAL_ERROR,
    Activation,
    new_id,
)
from owlab.pocket.openwhisk.composing import compose, run_sequence
from owlab.pocket.openwhisk.entity_names import SYSTEM, Identity, qualified
from owlab.pocket.openwhisk.inside import MARK, PROGRAMS
from owlab.pocket.openwhisk.invoker import ActionRun
from owlab.pocket.openwhisk.refusals import ABNORMAL_RUN, DOES_NOT_EXIST, NOT_ALLOWED, WhiskError
from owlab.pocket.openwhisk.runtimes import tools
from owlab.pocket.openwhisk.store import Document, now_ms

if TYPE_CHECKING:
    from owlab.pocket.openwhisk.service import Service

APPLICATION_CODE, INTERNAL_CODE = 1, 3


class Runner:
    """Makes activations of a service's entities."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def sequence_length(self) -> int:
        """How many actions a sequence or a composition may run."""
        return self._service.limits.sequence_length

    def find(self, caller: Identity, path: str) -> ResolvedAction:
        """An action by its full name."""
        name = qualified(path, caller.namespace)
        return self._service.actions.find(caller, name.namespace, name.package, name.name)

    @staticmethod
    def begin(
        caller: Identity,
        found: ResolvedAction,
        identifier: str | None = None,
        cause: str | None = None,
    ) -> Activation:
        """A record without an end."""
        document = found.document
        activation = Activation(
            namespace=caller.namespace,
            name=found.name.name,
            version=document["version"],
            subject=caller.subject,
            start=now_ms(),
            id=identifier or new_id(),
            cause=cause,
        )
        activation.annotations = {
            "kind": document["exec"]["kind"],
            "limits": document["limits"],
            "path": found.name.path,
        }
        if found.binding:
            activation.annotations["binding"] = found.binding
        return activation

    async def action(
        self,
        caller: Identity,
        found: ResolvedAction,
        payload: object,
        *,
        identifier: str | None = None,
        cause: str | None = None,
        transaction: str = "",
        depth: int = 0,
    ) -> Activation:
        """Run an action, a sequence or a composition to its end, and keep the record.

        ``depth`` counts the actions that ran before it in the outermost sequence.
        """
        activation = self.begin(caller, found, identifier, cause)
        value = payload
        if isinstance(payload, dict):
            value = found.parameters | payload
        if found.document["exec"]["kind"] == "sequence":
            if isinstance(value, dict):
                value.pop("_actions", None)
            await run_sequence(self, caller, found, value, activation, transaction, depth)
        elif found.annotations.get("conductor") not in (None, False):
            await compose(self, caller, found, value, activation, transaction, depth)
        else:
            if cause:
                activation.annotations["causedBy"] = "sequence"
            await self.single(caller, found, value, activation, transaction)
        self.keep(activation)
        return activation

    def keep(self, activation: Activation) -> None:
        """Make a record durable, unless wskadmin says that the namespace's are not stored."""
        limits = self._service.subjects.limits(activation.namespace)
        stored = limits.get("storeActivations", True) or not activation.succeeded
        self._service.activations.keep(activation, stored=stored)

    async def single(
        self,
        caller: Identity,
        found: ResolvedAction,
        value: object,
        activation: Activation,
        transaction: str,
    ) -> None:
        """Run one action's code."""
        asked = now_ms()
        await self._service.health.invoker_takes()
        queued = now_ms() - asked
        program = PROGRAMS.get(str(found.annotations.get(MARK)))
        if program is not None and found.name.namespace == SYSTEM:
            activation.start = now_ms()
            ended = program(self._service, caller, value if isinstance(value, dict) else {})
            activation.status, activation.result = ended
            activation.annotations |= {"timeout": False, "waitTime": queued}
            activation.end = now_ms()
            return
        try:
            job = self._job(caller, found, value, activation, transaction)
        except WhiskError as error:
            activation.status, activation.result = INTERNAL_ERROR, {"error": error.message}
            activation.end = now_ms()
            return
        if refused := tools.refusal(job.kind.family):
            # No container is started, and no image pulled, for what cannot run in it.
            activation.status, activation.result = DEVELOPER_ERROR, {"error": refused}
            activation.end = now_ms()
            return
        outcome = await self._service.invoker.run(job)
        activation.start, activation.end = outcome.start, outcome.end
        activation.status, activation.result = outcome.status, outcome.result
        try:
            # The function has the socket to its invoker, too, and may have written anything.
            text = json.dumps(outcome.result, allow_nan=False)
            activation.result = parse(text.encode(), half="?")
        except (ValueError, RecursionError):
            activation.status, activation.result = DEVELOPER_ERROR, {"error": ABNORMAL_RUN}
        activation.logs, activation.logs_apart = outcome.logs, job.concurrency > 1
        activation.annotations["timeout"] = outcome.timed_out
        activation.annotations["waitTime"] = queued + outcome.wait_ms
        if outcome.init_ms is not None:
            activation.annotations["initTime"] = outcome.init_ms

    def _job(
        self,
        caller: Identity,
        found: ResolvedAction,
        value: object,
        activation: Activation,
        transaction: str,
    ) -> ActionRun:
        document, name = found.document, found.name
        execution, limits = document["exec"], document["limits"]
        env = {
            "__OW_ACTIVATION_ID": activation.id,
            "__OW_NAMESPACE": caller.namespace,
            "__OW_ACTION_NAME": f"/{name.path}",
            "__OW_ACTION_VERSION": document["version"],
            "__OW_TRANSACTION_ID": transaction or new_id(),
            "__OW_DEADLINE": str(now_ms() + limits["timeout"]),
        }
        # Actions made before the annotation was there have none, and get the key.
        if found.annotations.get("provide-api-key", True):
            env["__OW_API_KEY"] = caller.key
        kind = runtimes.resolve(execution["kind"])
        if execution["kind"] == "blackbox":
            kind = runtimes.blackbox(execution["image"])
        if kind is None:
            raise WhiskError(400, f"The runtime '{execution['kind']}' is gone.")
        initial: dict[str, Any] = {}
        if found.initial and isinstance(value, dict):
            initial = {name: value[name] for name in found.initial if name in value}
            value = {name: item for name, item in value.items() if name not in found.initial}
        return ActionRun(
            # Containers belong to the namespace that invokes, as upstream's.
            key=f"{name.path}@{document['version']}@{document['updated']}@{caller.namespace}",
            namespace=caller.namespace,
            action=name.name,
            kind=kind,
            code=lambda: self._service.actions.code(found),
            binary=execution["binary"],
            main=execution.get("main", "main"),
            memory_mb=limits["memory"],
            timeout_ms=limits["timeout"],
            logs_mb=limits["logs"],
            payload_limit=self._service.limits.payload,
            value=value,
            concurrency=limits["concurrency"] if kind.concurrent else 1,
            init_env={"__OW_API_HOST": f"https://{self._service.apihost}", **initial},
            env=env,
        )

    def trigger(
        self,
        caller: Identity,
        trigger: Document,
        payload: dict[str, Any],
        transaction: str,
        headers: dict[str, str] | None = None,
    ) -> Activation | None:
        """Fire: the trigger's record, or None when no active rule waits for it."""
        service = self._service
        rules = service.rules.of(caller.namespace, trigger["name"])
        if not any(rule["status"] == "active" for rule in rules):
            return None
        activation = Activation(
            namespace=caller.namespace,
            name=trigger["name"],
            version=trigger["version"],
            subject=caller.subject,
            start=now_ms(),
        )
        activation.result = payload
        given = {"__ow_headers": headers} if headers is not None else {}
        parameters = {pair["key"]: pair["value"] for pair in trigger["parameters"]}
        value = parameters | given | payload
        for rule in rules:
            line = self._rule(caller, rule, value, transaction)
            activation.logs.append(json.dumps(line, separators=(",", ":"), ensure_ascii=False))
        service.activations.keep(activation)
        return activation

    def _rule(
        self, caller: Identity, rule: Document, value: dict[str, Any], transaction: str
    ) -> Document:
        action = f"{rule['action']['path']}/{rule['action']['name']}"
        name = f"{caller.namespace}/{rule['name']}"

        def line(code: int, **more: str) -> Document:
            told = {"statusCode": code, "success": code == 0, **more}
            return told | {"rule": name, "action": action}

        if rule["status"] != "active":
            text = f"Rule '{name}' is inactive, action '{action}' was not activated."
            return line(APPLICATION_CODE, error=text)
        try:
            found = self.find(caller, f"/{action}")
            if found.immutable & set(value):
                raise WhiskError(400, NOT_ALLOWED)
            self._service.throttle.invoking(caller.namespace)
            self._service.health.need_invoker()
        except WhiskError as error:
            code = INTERNAL_CODE if error.status >= 500 else APPLICATION_CODE
            return line(code, error=DOES_NOT_EXIST if error.status == 404 else error.message)
        identifier = new_id()
        self._service.accept(caller, found, identifier)
        run = self.action(
            caller, found, dict(value), identifier=identifier, transaction=transaction
        )
        self._service.background(caller, run)
        return line(0, activationId=identifier)
