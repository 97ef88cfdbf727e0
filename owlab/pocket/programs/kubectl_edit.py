"""`kubectl edit`: what the cluster has, in the terminal's editor, and back again."""

from __future__ import annotations

import shlex

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.editors import chosen, edited_text

NAMESPACE = ("-n", "--namespace")


async def edit(call: Call) -> int:
    """Read with `kubectl get`, hand over with `kubectl replace`."""
    at = call.argv.index("edit")
    before, rest = call.argv[:at], call.argv[at + 1 :]
    status, text = await _run(call, [*before, "get", *rest, "-o", "yaml"])
    if status:
        return status
    wanted = call.env.get("KUBE_EDITOR", "")
    program = wanted.split()[0] if wanted else chosen(call, "vi")
    new = await edited_text(call, text, program=program, shown="/tmp/kubectl-edit.yaml")
    if new is None or new == text:
        await call.out("Edit cancelled, no changes made.\n")
        return 0
    space: list[str] = []
    for word, value in zip(rest, [*rest[1:], ""], strict=True):
        if word in NAMESPACE:
            space = [word, value]
        elif word.startswith("--namespace=") or (word[:2] == "-n" and len(word) > 2):
            space = [word]
    status, said = await _run(call, [*before, "replace", *space, "-f", "-"], new)
    await call.out(said.replace(" replaced", " edited"))
    return status


async def _run(call: Call, words: list[str], stdin: str = "") -> tuple[int, str]:
    session = call.machine.session(
        user=call.user, cwd=call.cwd, env=call.env, parent=call.session, umask=call.fs.umask
    )
    shown = bytearray()

    async def keep(data: bytes) -> None:
        shown.extend(data)

    line = shlex.join(["kubectl", *words])
    status = await session.run(line, keep, call.err, stdin=stdin.encode())
    return status, shown.decode(errors="replace")
