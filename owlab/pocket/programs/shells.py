"""`/bin/bash` and `/bin/sh` by their path: a shell of its own, which reads what it is given."""

from __future__ import annotations

import shlex

from owlab.pocket.programs.base import Call, program


@program("__owlab_shell", machines="all")
async def shell(call: Call) -> int:
    """Run the shell's words, or a script on standard input, as `bash` does by its name."""
    session = call.machine.session(user=call.user, cwd=call.cwd, env=call.env, umask=call.fs.umask)
    name = "sh" if call.name in ("sh", "dash") else "bash"
    script = shlex.join([name, *call.argv])
    return await session.run(script, call.out, call.err, stdin=call.reader)
