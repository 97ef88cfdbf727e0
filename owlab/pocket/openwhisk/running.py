"""From a request to an activation record: actions, sequences and triggers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from owlab.pocket.openwhisk import runtimes
from owlab.pocket.openwhisk.actions import Found
from owlab.pocket.openwhisk.activations import DEVELOPER_ERROR, Activation, new_id
from owlab.pocket.openwhisk.errors import DOES_NOT_EXIST, WhiskError
from owlab.pocket.openwhisk.invoker import Job
from owlab.pocket.openwhisk.names import Identity, qualified
from owlab.pocket.openwhisk.store import Document, now_ms

if TYPE_CHECKING:
    from owlab.pocket.openwhisk.service import Service


class Runner:
    """Makes activations of a service's entities."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def action(
        self,
        caller: Identity,
        found: Found,
        payload: dict[str, Any],
        *,
        identifier: str | None = None,
        cause: str | None = None,
        transaction: str = "",
    ) -> Activation:
        """Run an action or a sequence to its end, and keep the record."""
        activation = Activation(
            namespace=caller.namespace,
            path=found.name.path,
            name=found.name.name,
            version=found.document["version"],
            subject=caller.subject,
            start=now_ms(),
            id=identifier or new_id(),
            cause=cause,
        )
        document = found.document
        activation.annotations = {
            "kind": document["exec"]["kind"],
            "limits": document["limits"],
            "path": found.name.path,
            "timeout": False,
        }
        if found.binding:
            activation.annotations["binding"] = found.binding
        value = found.parameters | payload
        if document["exec"]["kind"] == "sequence":
            value.pop("_actions", None)
            await self._sequence(caller, found, value, activation, transaction)
        else:
            if cause:
                activation.annotations["causedBy"] = "sequence"
            await self._single(caller, found, value, activation, transaction)
        self._service.activations.keep(activation)
        return activation

    async def _single(
        self,
        caller: Identity,
        found: Found,
        value: dict[str, Any],
        activation: Activation,
        transaction: str,
    ) -> None:
        job = self._job(caller, found, value, activation, transaction)
        asked = now_ms()
        await self._service.health.invoker_takes()
        queued = now_ms() - asked
        outcome = await self._service.invoker.run(job)
        activation.start, activation.end = outcome.start, outcome.end
        activation.status, activation.result = outcome.status, outcome.result
        activation.logs = outcome.logs
        activation.annotations["timeout"] = outcome.timed_out
        activation.annotations["waitTime"] = queued + outcome.wait_ms
        if outcome.init_ms is not None:
            activation.annotations["initTime"] = outcome.init_ms

    def _job(
        self,
        caller: Identity,
        found: Found,
        value: dict[str, Any],
        activation: Activation,
        transaction: str,
    ) -> Job:
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
        if found.annotations.get("provide-api-key") not in (None, False):
            env["__OW_API_KEY"] = caller.key
        kind = runtimes.resolve(execution["kind"])
        if kind is None:
            raise WhiskError(400, f"The '{execution['kind']}' runtime is no longer supported.")
        return Job(
            # Containers belong to the namespace that invokes, as upstream's.
            key=f"{name.path}@{document['version']}@{document['updated']}@{caller.namespace}",
            namespace=caller.namespace,
            action=name.name,
            kind=kind,
            code=self._service.actions.code(found),
            binary=execution["binary"],
            main=execution.get("main", "main"),
            memory_mb=limits["memory"],
            timeout_ms=limits["timeout"],
            logs_mb=limits["logs"],
            payload_limit=self._service.limits.payload,
            value=value,
            init_env={"__OW_API_HOST": f"https://{self._service.apihost}"},
            env=env,
        )

    async def _sequence(
        self,
        caller: Identity,
        found: Found,
        value: dict[str, Any],
        activation: Activation,
        transaction: str,
    ) -> None:
        result: Any = value
        waited = 0
        for component in found.document["exec"]["components"]:
            name = qualified(component, caller.namespace)
            try:
                inner = self._service.actions.find(caller, name.namespace, name.package, name.name)
            except WhiskError:
                activation.status = DEVELOPER_ERROR
                result = {"error": "Sequence component does not exist."}
                break
            given = result if isinstance(result, dict) else {"value": result}
            step = await self.action(
                caller, inner, given, cause=activation.id, transaction=transaction
            )
            activation.logs.append(step.id)
            activation.status, result = step.status, step.result
            waited += int(step.annotations.get("waitTime", 0))
            activation.annotations["timeout"] |= step.annotations["timeout"]
            if not step.succeeded:
                break
        activation.result, activation.end = result, now_ms()
        activation.annotations["waitTime"] = waited
        if activation.cause is None:
            activation.annotations["topmost"] = True
        else:
            activation.annotations["causedBy"] = "sequence"

    def trigger(
        self, caller: Identity, trigger: Document, payload: dict[str, Any], transaction: str
    ) -> Activation | None:
        """Fire: the trigger's record, or None when no active rule waits for it."""
        service = self._service
        rules = service.rules.of(caller.namespace, trigger["name"])
        if not rules:
            return None
        path = f"{caller.namespace}/{trigger['name']}"
        activation = Activation(
            namespace=caller.namespace,
            path=path,
            name=trigger["name"],
            version=trigger["version"],
            subject=caller.subject,
            start=now_ms(),
        )
        parameters = {pair["key"]: pair["value"] for pair in trigger["parameters"]}
        activation.result = parameters | payload
        for rule in rules:
            activation.logs.append(json.dumps(self._rule(caller, rule, activation, transaction)))
        activation.end = activation.start
        service.activations.keep(activation)
        return activation

    def _rule(
        self, caller: Identity, rule: Document, trigger: Activation, transaction: str
    ) -> Document:
        action = f"{rule['action']['path']}/{rule['action']['name']}"
        line: Document = {
            "statusCode": 0,
            "success": True,
            "rule": f"{caller.namespace}/{rule['name']}",
            "action": action,
        }
        name = qualified(f"/{action}", caller.namespace)
        try:
            found = self._service.actions.find(caller, name.namespace, name.package, name.name)
            self._service.throttle.invoking(caller.namespace)
            self._service.health.need_invoker()
        except WhiskError as error:
            reason = DOES_NOT_EXIST if error.status == 404 else error.message
            return line | {"statusCode": 1, "success": False, "error": reason}
        identifier = new_id()
        run = self.action(
            caller,
            found,
            dict(trigger.result),
            identifier=identifier,
            cause=None,
            transaction=transaction,
        )
        self._service.background(caller, run)
        return line | {"activationId": identifier}
