"""su: another user's shell, for root only, since nobody here has a password."""

from __future__ import annotations

import shlex

from owlab.pocket.ground.keyboards import KeyboardReader
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.shells import opened_shell

LOGIN = ("-", "-l", "--login")
ALLOWED = (*LOGIN, "-m", "-p", "--preserve-environment", "-P", "--pty", "-f", "--fast")


@program("su", machines="all")
async def su(call: Call) -> int:
    """A shell as another user, ``-`` as at a login; ``-c COMMAND``, or what is on the input."""
    words, names, script = list(call.argv), [], None
    login, shell = any(word in LOGIN for word in words), "bash"
    while words:
        word = words.pop(0)
        if word in ("-c", "--command") and words:
            script = words.pop(0)
        elif word in ("-s", "--shell") and words:
            shell = words.pop(0)
        elif word[:1] == "-" and word not in ALLOWED:
            one = word[1:2] if word[1:2] != "-" else word
            told = f"unrecognized option '{one}'" if len(one) > 1 else f"invalid option -- '{one}'"
            await call.err(f"su: {told}\nTry 'su --help' for more information.\n")
            return 1
        elif not word.startswith("-"):
            names.append(word)
    user = names[0] if names else "root"
    if call.machine.accounts.user(user) is None:
        await call.err(f"su: user {user} does not exist or the user entry does not contain all\n")
        return 1
    if not call.root:
        await _asked_in_vain(call)
        return 1
    if script is None and opened_shell(call, user, login=login, home=login):
        return 0
    if script is None:
        script = (await call.stdin()).decode(errors="replace")
    session = call.machine.session(
        user=user, cwd=None if login else call.cwd, parent=call.session, umask=call.fs.umask
    )
    if names[1:] or shell.rpartition("/")[2] != "bash":
        script = shlex.join([shell, "-c", script, *names[1:]])
    return await session.run(script, call.out, call.err, stdin=call.reader)


async def _asked_in_vain(call: Call) -> None:
    await call.err("Password: ")
    if isinstance(call.reader, KeyboardReader):
        await call.reader.keyboard.ask(echo=False)
        await call.err("\n")
    await call.err("su: Authentication failure\nroot has no password: `sudo -i`.\n")
