"""A shell's prompts at this moment."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.ground.streams import Sink
from owlab.pocket.machines.typed_history import FILE
from owlab.pocket.shell import prompts
from owlab.pocket.shell.logging_in import zone

if TYPE_CHECKING:
    from owlab.pocket.shell.shell_session import ShellSession

END = "__owlab_prompt"


async def prompted(session: ShellSession, out: Sink, err: Sink) -> tuple[str, str]:
    """What ``PS1`` and ``PS2`` show now; ``PROMPT_COMMAND`` runs first."""
    await session.aside(session.variable("PROMPT_COMMAND") or ":", out, err)
    return await _drawn(session, "PS1"), await _drawn(session, "PS2")


async def _drawn(session: ShellSession, name: str) -> str:
    template, facts = session.variable(name), _facts(session)
    if not prompts.expands(template):
        return prompts.drawn(template, facts)
    text, shown = prompts.drawn(template, facts, prompts.quoted), bytearray()

    async def keep(data: bytes) -> None:
        shown.extend(data)

    await session.aside(f"cat <<{END}\n{text}\n{END}", keep, keep)
    return shown.decode(errors="replace").removesuffix("\n")


def _facts(session: ShellSession) -> prompts.PromptFacts:
    account = session.machine.accounts.user(session.user)
    visit = session.machine.visits.of(session)
    return prompts.PromptFacts(
        user=session.user,
        machine=session.machine.name,
        cwd=session.cwd,
        home=account.home if account is not None else "/",
        root=session.files.who.is_root,
        jobs=len(session.jobs.listed()),
        terminal=visit.terminal if visit is not None else "pts/0",
        now=utc_now().astimezone(zone(session.machine)),
        number=session.commands + 1,
        place=len(session.history.lines) + 1,
    )


def remember(session: ShellSession, text: str) -> None:
    """A line was typed."""
    session.history.add(text, session.variable("HISTCONTROL"), session.variable("HISTIGNORE"))


def keep_history(session: ShellSession) -> None:
    """The shell ends: the next one knows what was typed."""
    with contextlib.suppress(OSError):
        session.history.save(session.files, history_file(session))
        session.machine.save()


def history_file(session: ShellSession) -> str:
    """Where its lines are between two shells."""
    account = session.machine.accounts.user(session.user)
    home = account.home if account is not None else "/"
    return session.variable("HISTFILE") or f"{home}/{FILE}"
