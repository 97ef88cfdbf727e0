"""Ends the processes of actions when the lab's service is gone, even after ``kill -9``.

A shell waits on a pipe of which only the service has the other end; when it closes, the shell
kills the process groups that it was told of and that were not taken back. A worker ends by itself
when its channel closes, but not while the action is in a loop.
"""

from __future__ import annotations

import contextlib
import subprocess

SCRIPT = """\
groups=
while read -r sign group; do
  kept=
  for known in $groups; do [ "$known" = "$group" ] || kept="$kept $known"; done
  groups=$kept
  [ "$sign" = - ] || groups="$groups $group"
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
"""


class Reaper:
    """Started with the first process of an action."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def add(self, group: int) -> None:
        """Kill this process group when the service ends."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                bufsize=0,
            )
        self._tell(f"+ {group}\n")

    def remove(self, group: int) -> None:
        """The group has ended."""
        self._tell(f"- {group}\n")

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(line.encode())

    def close(self) -> None:
        """End the shell; what it still knows of is killed."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait(5)
