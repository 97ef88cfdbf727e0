"""`vim`, `vi`, `nano` and friends: no editor opens here; how to write the file is told instead."""

from __future__ import annotations

import shlex

from owlab.pocket.programs.base import Call, program

MESSAGE = """\
{name}: the pocket lab's shell opens no editor. To write {file}:

  {tee} {file} <<'EOF'
  ...
  EOF

To add a line at its end:

  echo '...' | {tee} -a {file}
"""


@program("vim", "vi", "nano", "emacs", "editor", "view", "pico", machines="all")
async def editor(call: Call) -> int:
    """Say how to write the file that was named."""
    names = [word for word in call.argv if not word.startswith(("-", "+"))]
    file = shlex.quote(names[-1]) if names else "FILE"
    tee = "sudo tee" if call.root else "tee"
    await call.err(MESSAGE.format(name=call.name, file=file, tee=tee))
    return 1
