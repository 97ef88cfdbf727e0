"""`wsk trigger`, and the feeds that fire them."""

from __future__ import annotations

import contextlib
from typing import Any

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.arguments import keyed
from owlab.pocket.programs.wsk.exits import (
    GENERAL,
    NOT_ALLOWED,
    AlreadyTold,
    WskError,
    arguments,
    within,
)
from owlab.pocket.programs.wsk.invoking import invoke, invoke_and_print, report
from owlab.pocket.programs.wsk.session import Name, Session

NAMED = "A trigger name is required."
NAMESPACE = "An optional namespace is the only valid argument."


def _path(session: Session, name: Name) -> str:
    return session.remote.namespaced(name.namespace, "triggers", name.entity)


def _mixed(session: Session) -> bool:
    """``--feed-param`` or ``--trigger-param`` are given, which tell the two kinds apart."""
    given = session.words.texts
    apart = bool(given.get("feed-param") or given.get("trigger-param"))
    if apart and given.get("param"):
        raise WskError(
            "Incorrect usage. Cannot combine --feed-param or --trigger-param flag with neither "
            "--param nor --param-file flag",
            NOT_ALLOWED,
            usage=False,
        )
    return apart


def _life(session: Session, name: Name, event: str) -> dict[str, Any]:
    """What a feed action is told, besides its own parameters."""
    trigger = f"/{name.namespace}/{name.entity}"
    return {"lifecycleEvent": event, "triggerName": trigger, "authKey": session.remote.key}


async def create(session: Session) -> int:
    """``create NAME [--feed ACTION]``."""
    (word,) = arguments(session.words.rest, 1, 1, NAMED)
    apart = _mixed(session)
    name = session.name(word)
    feed = session.name(session.words.text("feed")) if session.words.text("feed") else None
    annotations = session.given("annotation", "annotation")
    if feed is not None:
        annotations["feed"] = feed.full
    elif session.words.texts.get("feed-param"):
        raise WskError(
            "Incorrect usage. Trigger without a feed cannot have feed parameters",
            NOT_ALLOWED,
            usage=False,
        )
    own = session.given("trigger-param" if apart else "param")
    told = session.given("feed-param" if apart else "param")
    body: dict[str, Any] = {"name": name.entity}
    if annotations:
        body["annotations"] = keyed(annotations)
    if own and (feed is None or apart):
        body["parameters"] = keyed(own)
    doing = f"Unable to create trigger '{name.entity}'"
    await session.remote.ask(doing, "PUT", _path(session, name) + "?overwrite=false", body)
    if feed is not None:
        await _start_feed(session, name, feed, told | _life(session, name, "CREATE"))
    await session.ok(f"created trigger {name.entity}")
    return 0


async def _start_feed(session: Session, name: Name, feed: Name, told: dict[str, Any]) -> None:
    """Configure a new trigger's feed; the trigger goes again when that fails."""
    answer = await invoke(session, feed, told, blocking=True, result=False)
    try:
        await report(session, feed, answer, blocking=True, header=answer.status < 300)
    except WskError as error:
        await _delete(session, name)
        if isinstance(error, AlreadyTold):
            raise
        inner = error.message.removeprefix(f"Unable to invoke action '{feed.entity}': ")
        raise WskError(
            f"Unable to create trigger '{name.entity}': Unable to configure feed "
            f"'{feed.full}': {inner}",
            error.code,
            usage=False,
        ) from error


async def _configure(session: Session, name: Name, feed: str, told: dict[str, Any]) -> None:
    target = session.name(feed)
    await invoke_and_print(session, target, told, blocking=True, result=False, header=False)


async def update(session: Session) -> int:
    """``update NAME``: as ``create`` when there is none."""
    (word,) = arguments(session.words.rest, 1, 1, NAMED)
    name = session.name(word)
    session.given("param")
    annotations = session.given("annotation", "annotation")
    answer = await session.remote.send("GET", _path(session, name))
    if answer.status == 404:
        return await create(session)
    found = await session.remote.ask(
        f"Unable to get trigger '{name.entity}'", "GET", _path(session, name)
    )
    apart = _mixed(session)
    feed = output.annotation(found, "feed")
    told = session.words.texts.get("feed-param") if apart else session.words.texts.get("param")
    if not feed or apart:
        body: dict[str, Any] = {"name": name.entity}
        own = session.given("trigger-param" if apart else "param")
        if own:
            body["parameters"] = keyed(own)
        if annotations:
            kept = annotations if not feed else {"feed": feed} | annotations
            body["annotations"] = keyed(kept)
        doing = f"Unable to update trigger '{name.entity}'"
        await session.remote.ask(doing, "PUT", _path(session, name) + "?overwrite=true", body)
    if apart and told and not feed:
        raise WskError(
            f"Unable to configure feed '{name.entity}': this trigger does not contain a feed",
            usage=False,
        )
    if feed and (told or not apart):
        await _update_feed(session, name, str(feed), "feed-param" if apart else "param")
    await session.ok(f"updated trigger {name.entity}")
    return 0


async def _update_feed(session: Session, name: Name, feed: str, given: str) -> None:
    told = session.given(given) | _life(session, name, "UPDATE")
    try:
        await _configure(session, name, feed, told)
    except AlreadyTold:
        raise
    except WskError as error:
        # wsk says "create" here as well.
        raise within(f"Unable to create trigger '{name.entity}': ", error, usage=False) from error


async def fire(session: Session) -> int:
    """``fire NAME``."""
    (word,) = arguments(session.words.rest, 1, 1, NAMED)
    name = session.name(word)
    doing = f"Unable to fire trigger '{name.entity}'"
    path = _path(session, name)
    body = await session.remote.ask(doing, "POST", path, session.given("param"))
    identifier = (body or {}).get("activationId", "")
    await session.ok(f"triggered {name.full} with id {identifier}")
    return 0


async def get(session: Session) -> int:
    """``get NAME [FIELD]``: one with a feed is asked of its feed."""
    rest = arguments(session.words.rest, 1, 2, NAMED)
    chosen = session.field(output.TRIGGER, code=GENERAL, usage=False)
    name = session.name(rest[0])
    doing = f"Unable to get trigger '{name.entity}'"
    found = await session.remote.ask(doing, "GET", _path(session, name))
    feed = output.annotation(found, "feed")
    if feed:
        told = _life(session, name, "READ")
        await _configure(session, name, str(feed), told)
        return 0
    if session.words.on("summary"):
        return await session.summarize("trigger", found)
    return await session.show("trigger", name.entity, output.trigger(found), chosen)


async def delete(session: Session) -> int:
    """``delete NAME``."""
    (word,) = arguments(session.words.rest, 1, 1, NAMED)
    await _delete(session, session.name(word))
    return 0


async def _delete(session: Session, name: Name) -> None:
    path = _path(session, name)
    found = await session.remote.ask(f"Unable to get trigger '{name.entity}'", "GET", path)
    feed = output.annotation(found, "feed")
    if feed:
        # The trigger goes in any case.
        with contextlib.suppress(WskError):
            await _configure(session, name, str(feed), _life(session, name, "DELETE"))
    await session.remote.ask(f"Unable to delete trigger '{name.entity}'", "DELETE", path)
    await session.ok(f"deleted trigger {name.entity}")


async def listing(session: Session) -> int:
    """``list [/NAMESPACE]``."""
    namespace = session.only_namespace(arguments(session.words.rest, 0, 1, NAMESPACE))
    path = session.remote.namespaced(namespace, "triggers") + session.paging()
    shown = "default" if namespace == "_" else namespace
    doing = f"Unable to obtain the list of triggers for namespace '{shown}'"
    rows = await session.remote.ask(doing, "GET", path)
    await session.call.out(output.triggers_text(rows, sort=session.words.on("name-sort")))
    return 0


VERBS = {
    "create": create,
    "update": update,
    "fire": fire,
    "get": get,
    "delete": delete,
    "list": listing,
}
