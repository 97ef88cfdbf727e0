"""Multipass' command line, typed: one method per subcommand. JSON only, no shell, no policy."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence

from owlab.machines import multipass_models as models
from owlab.machines.multipass_errors import GuestUnreachable, classify
from owlab.shell import Finished, Shell

OnOutput = Callable[[str, str], None]

LOOK = 45.0
"""Seconds for calls that do not enter the machines."""
LOOK_INSIDE = 120.0
START = 360.0
STOP = 330.0
LAUNCH = 900.0
GRACE = 60.0
"""What Multipass itself gets on top of a timeout that it was told."""


class MultipassCLI:
    """Runs Multipass and reads what it prints; errors are classified (``multipass_errors``).

    :param binary: anything that speaks Multipass' grammar.
    """

    def __init__(self, shell: Shell, binary: str = "multipass") -> None:
        self._shell = shell
        self.binary = binary

    def version(self) -> models.Version:
        """Who is there. Exits with 0 even when the service does not answer."""
        return models.read_version(self._ask("version", "--format", "json"))

    def machines(self, *, addresses: bool = True) -> list[models.InstanceSummary]:
        """Every machine, deleted ones included.

        :param addresses: without them no machine is entered, so one that hangs cannot matter.
        """
        if not addresses:
            # A hidden option: a release without it says so with 1.
            found = self._run("list", "--no-ipv4", "--format", "json", timeout=LOOK)
            if found.exit_code == 0:
                return models.read_list(found.stdout)
            if found.exit_code != 1:
                raise classify(self._words("list"), found.exit_code, found.stderr)
        return models.read_list(self._ask("list", "--format", "json", timeout=LOOK_INSIDE))

    def find(self, image: str = "") -> list[models.Image]:
        """The images that can be launched, or the one of that name."""
        words = [image] if image else []
        return models.read_images(self._ask("find", "--format", "json", *words))

    def get(self, key: str) -> str:
        """One setting."""
        return self._ask("get", key).strip()

    def launch(
        self,
        *,
        name: str,
        cpus: int,
        memory: str,
        disk: str,
        image: str = "",
        timeout: float = LAUNCH,
        cloud_init: str = "",
        on_output: OnOutput | None = None,
    ) -> None:
        """Create a machine and wait until it has booted.

        :param timeout: seconds for each phase of the boot, and for everything with the download.
        :param cloud_init: YAML. It goes in through standard input: the snap cannot read every path.
        """
        words = ["launch", *([image] if image else []), "--name", name, "--cpus", str(cpus)]
        words += ["--memory", memory, "--disk", disk, "--timeout", str(int(timeout))]
        words += ["--cloud-init", "-"] if cloud_init else []
        self._change(
            *words, timeout=timeout + GRACE, stdin=cloud_init.encode(), on_output=on_output
        )

    def start(self, *names: str, timeout: float = START) -> None:
        """Start stopped or suspended machines, and wait for them."""
        self._change("start", "--timeout", str(int(timeout)), *names, timeout=timeout + GRACE)

    def stop(self, *names: str, force: bool = False) -> None:
        """Stop machines; by force if they are suspended, starting, or in an unknown state."""
        self._change("stop", *(["--force"] if force else []), *names, timeout=STOP)

    def exec(
        self,
        *,
        name: str,
        words: Sequence[str],
        timeout: float,
        stdin: bytes = b"",
        on_output: OnOutput | None = None,
    ) -> Finished:
        """Run words inside a machine; see :func:`guarded`.

        :returns: the guest's own exit status, whatever it is.
        :raises MachineError: Multipass did not get that far.
        """
        trailer = Trailer(on_output)
        argv = guarded(self.binary, name, words, trailer.nonce)
        done = self._shell.run(argv, stdin=stdin, timeout=timeout, on_output=trailer.listen)
        exit_code, stderr = trailer.split(done.stderr)
        if exit_code is None:
            plain_words = [self.binary, "exec", "-n", name, "--", *words]
            error = classify(plain_words, done.exit_code, done.stderr)
            if done.exit_code in (0, 255):  # the connection broke under way
                raise GuestUnreachable(
                    brief=f"The connection to {name} was lost before the command ended.",
                    details=error.details,
                    resolution="Look at `multipass list`, then run the step again.",
                )
            raise error
        return Finished(exit_code, done.stdout, stderr, done.seconds)

    def cloud_init(self, *, name: str) -> models.CloudInit:
        """How the first boot goes. ``launch`` succeeds even when it failed."""
        words = ["cloud-init", "status", "--format", "json"]
        done = self.exec(name=name, words=words, timeout=LOOK_INSIDE)
        if done.exit_code == 127:
            return models.CloudInit("disabled")
        return models.read_cloud_init(done.stdout)

    # -- helpers ---------------------------------------------------------------------------

    def state(self, name: str) -> models.InstanceState | None:
        """A machine's state; None when there is none of that name. Enters no machine."""
        return next((one.state for one in self.machines(addresses=False) if one.name == name), None)

    def _words(self, *words: str) -> list[str]:
        return [self.binary, *words]

    def _run(
        self,
        *words: str,
        timeout: float,
        stdin: bytes = b"",
        on_output: OnOutput | None = None,
    ) -> Finished:
        argv = self._words(*words)
        return self._shell.run(argv, stdin=stdin, timeout=timeout, on_output=on_output)

    def _ask(self, *words: str, timeout: float = LOOK) -> str:
        return self._change(*words, timeout=timeout).stdout

    def _change(
        self,
        *words: str,
        timeout: float,
        stdin: bytes = b"",
        on_output: OnOutput | None = None,
    ) -> Finished:
        done = self._run(*words, timeout=timeout, stdin=stdin, on_output=on_output)
        if done.exit_code != 0:
            raise classify(self._words(*words), done.exit_code, done.stderr)
        return done


_GUARD = '"$@"; printf "\\n%s:%d\\n" "$0" "$?" >&2'
"""Runs its words, then tells their exit status on standard error, after a mark."""


def guarded(binary: str, name: str, words: Sequence[str], nonce: str) -> list[str]:
    """``multipass exec`` around ``words``, with their exit status told apart from Multipass' own.

    Up to 1.16, ``exec`` repeats for ever a command that exits with 4, and 2 and 255 may be the
    guest's or Multipass'. Inside this guard Multipass always sees 0. The words themselves are
    passed on untouched: they are what is shown and exported.
    """
    return [binary, "exec", "-n", name, "--", "sh", "-c", _GUARD, nonce, *words]


class Trailer:
    """Takes the guard's last line out of what is streamed and of what is kept."""

    def __init__(self, on_output: OnOutput | None) -> None:
        self.nonce = f"owlab-{secrets.token_hex(6)}"
        self._on_output = on_output
        self._held = ""

    def listen(self, stream: str, text: str) -> None:
        """Pass output on, apart from what might be the beginning of the trailer."""
        if self._on_output is None:
            return
        if stream == "stderr":
            text = self._held + text
            cut = self._start(text)
            text, self._held = text[:cut], text[cut:]
        if text:
            self._on_output(stream, text)

    def _start(self, text: str) -> int:
        mark = f"\n{self.nonce}:"
        found = text.find(mark)
        if found >= 0:
            return found
        for length in range(min(len(mark), len(text)), 0, -1):
            if text.endswith(mark[:length]):
                return len(text) - length
        return len(text)

    def split(self, stderr: str) -> tuple[int | None, str]:
        """The guest's exit status (None if it never ended) and its own standard error."""
        before, mark, after = stderr.rpartition(f"\n{self.nonce}:")
        number = re.match(r"\d+", after) if mark else None
        if number is None:
            if self._held and self._on_output is not None:
                self._on_output("stderr", self._held)
            return None, stderr
        return int(number[0]), before


__all__ = ["MultipassCLI", "Trailer", "guarded"]
