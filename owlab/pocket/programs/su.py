"""su: another user's shell, for root only, since nobody here has a password."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program


@program("su", machines="all")
async def su(call: Call) -> int:
    """Run ``-c COMMAND``, or what is on standard input, as another user."""
    words, user, script = list(call.argv), "root", None
    while words:
        word = words.pop(0)
        if word in ("-c", "--command") and words:
            script = words.pop(0)
        elif not word.startswith("-"):
            user = word
    if not call.root:
        await call.err("Password: su: Authentication failure\nroot has no password: `sudo -i`.\n")
        return 1
    if call.machine.accounts.user(user) is None:
        await call.err(f"su: user {user} does not exist\n")
        return 1
    if script is None:
        script = (await call.stdin()).decode(errors="replace")
    return await call.machine.session(user=user, parent=call.session).run(
        script, call.out, call.err, stdin=b""
    )
