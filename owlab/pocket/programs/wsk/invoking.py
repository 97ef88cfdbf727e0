"""Invocations, and how wsk prints what comes of them: of actions, and of feeds."""

from __future__ import annotations

from typing import Any

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.exits import AlreadyTold, WskError, of_status, within
from owlab.pocket.programs.wsk.remote import ApiResponse, reason
from owlab.pocket.programs.wsk.session import Name, Session


def _failed(answer: ApiResponse) -> bool:
    """The action failed, and not OpenWhisk."""
    if answer.status != 502 or not isinstance(answer.body, dict):
        return False
    return answer.body.get("code") is None and bool({"response", "error"} & set(answer.body))


async def invoke(
    session: Session, name: Name, payload: dict[str, Any], *, blocking: bool, result: bool
) -> ApiResponse:
    """Send the invocation; failures to reach OpenWhisk are wsk's."""
    package = [name.package] if name.package else []
    path = session.remote.namespaced(name.namespace, "actions", *package, name.name)
    path += f"?blocking={str(blocking).lower()}&result={str(result).lower()}"
    try:
        return await session.remote.send("POST", path, payload)
    except WskError as error:
        raise within(f"Unable to invoke action '{name.entity}': ", error, usage=True) from error


async def report(
    session: Session, name: Name, answer: ApiResponse, *, blocking: bool, header: bool
) -> None:
    """Print an invocation's end as it should be; raises when it is none."""
    body = answer.body
    identifier = body.get("activationId", "") if isinstance(body, dict) else ""
    if answer.status == 202 and blocking:
        await session.call.err(
            f"ok: invoked {name.full}, but the request has not yet finished, with id {identifier}\n"
        )
        raise AlreadyTold(202)
    failed = _failed(answer)
    if answer.status >= 300 and not (failed and blocking):
        sentence = f"Unable to invoke action '{name.entity}': {reason(answer)}"
        raise WskError(sentence, of_status(answer.status))
    say = session.call.err if failed else session.call.out
    if header:
        await say(f"ok: invoked {name.full} with id {identifier}\n")
    if blocking:
        await say(output.result_json(body))
    if failed:
        raise AlreadyTold(of_status(answer.status))


async def invoke_and_print(
    session: Session,
    name: Name,
    payload: dict[str, Any],
    *,
    blocking: bool,
    result: bool,
    header: bool,
) -> int:
    """Invoke, and print what comes of it."""
    answer = await invoke(session, name, payload, blocking=blocking, result=result)
    await report(session, name, answer, blocking=blocking, header=header)
    return 0
