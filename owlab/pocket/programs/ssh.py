"""`ssh` and `scp` between the machines, with keys: nobody here has a password."""

from __future__ import annotations

import getopt
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from owlab.pocket.machines import hosts
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import Inode
from owlab.pocket.machines.views import ShellWanted
from owlab.pocket.network.unreached import UnknownName, Unreached
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse
from owlab.pocket.programs.ssh_options import PORT, LoginSettings, settings

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

FAILED = 255
LETTERS = "46AaCfGgKkMNnqsTtVvXxYyb:c:D:E:e:F:I:i:J:L:l:m:O:o:p:Q:R:S:W:w:"
USAGE = "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] destination [command [argument ...]]\n"
SCP_ABSENT = "6 c F J l S v X"
KEYS = ("id_rsa", "id_ecdsa", "id_ed25519")


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """Whose account on which machine."""

    user: str
    machine: Machine

    @property
    def home(self) -> str:
        """Where one arrives."""
        account = self.machine.accounts.user(self.user)
        return account.home if account is not None else "/"


async def _listening(call: Call, host: str, port: int) -> Machine:
    """The machine whose sshd answers; raises :class:`Complaint` in ssh's words."""
    try:
        (address, *_) = call.net.lookup(host)
        (await call.net.dial(address, port)).close()
    except UnknownName as error:
        raise Complaint(f"ssh: Could not resolve hostname {host}: {error}\n", FAILED) from None
    except Unreached as error:
        said = f"ssh: connect to host {host} port {port}: {error}\n"
        raise Complaint(said, FAILED) from None
    local = address in ("127.0.0.1", call.machine.address)
    machine = call.machine if local else hosts.find(call.fleet, address, "ssh")
    if machine is None or port != PORT:
        closed = "Connection closed by remote host\n"
        raise Complaint(f"kex_exchange_identification: {closed}", FAILED)
    return machine


async def _reach(call: Call, word: str, login: LoginSettings) -> RemoteAccount:
    """Log in; raises :class:`Complaint` in ssh's words."""
    name, at, host = word.rpartition("@")
    user = name if at else login.user or call.user
    machine = await _listening(call, host, login.port)
    if machine.accounts.user(user) is None or not _admitted(call, machine, user, login.keys):
        raise Complaint(f"{user}@{host}: Permission denied (publickey).\n", FAILED)
    if login.remembers:
        _remember(call, host, machine)
    return RemoteAccount(user, machine)


def _admitted(call: Call, machine: Machine, user: str, identities: list[str]) -> bool:
    """One of the caller's keys is among the account's ``authorized_keys``."""
    account = machine.accounts.user(user)
    home = account.home if account is not None else "/"
    known = machine.read(f"{home}/.ssh/authorized_keys") or b""
    allowed = {line.split()[1] for line in known.decode().splitlines() if len(line.split()) > 1}
    names = [call.path(name) for name in identities] or [
        posixpath.join(call.home, ".ssh", name) for name in KEYS
    ]
    for name in names:
        if call.read(name) is None:
            continue
        public = (call.read(f"{name}.pub") or b"").decode().split()
        if len(public) > 1 and public[1] in allowed:
            return True
    return False


def _remember(call: Call, host: str, machine: Machine) -> None:
    place = posixpath.join(call.home, ".ssh")
    if not call.fs.exists(place):
        call.fs.mkdir(place)
        call.fs.chmod(place, 0o700)
    path = posixpath.join(place, "known_hosts")
    line = f"{host} ssh-ed25519 pocket-lab-{machine.name}\n".encode()
    if line not in (call.read(path) or b""):
        call.fs.append_file(path, line)


@program("ssh", machines="all")
async def ssh(call: Call) -> int:
    """Run a command on another machine: ``ssh [-i KEY] [USER@]HOST [COMMAND]``."""
    try:
        options, words = getopt.getopt(call.argv, LETTERS)
    except getopt.GetoptError as error:
        what = "option requires an argument" if "requires" in error.msg else "unknown option"
        raise Complaint(f"{what} -- {error.opt}\n{USAGE}", FAILED) from None
    given = dict(options)
    if "-V" in given:
        await call.err("OpenSSH_9.6p1 Ubuntu-3ubuntu13+pocket, OpenSSL 3.0.13\n")
        return 0
    if "-v" in given:
        await call.err("debug1: of a connection the pocket lab's ssh has no more to tell\n")
    login = settings("ssh", options, FAILED)
    if not words:
        await call.err(USAGE)
        return FAILED
    if "-t" in given and words[1:]:
        raise Complaint("ssh: -t: a command has no terminal in the pocket lab\n", FAILED)
    target = await _reach(call, words[0], login)
    command = " ".join(words[1:])
    if not command and call.session is not None and call.session.switch is not None:
        host = words[0].rpartition("@")[2]
        wanted = ShellWanted(
            target.machine.name, target.user, closing=f"Connection to {host} closed.\n"
        )
        call.session.switch(wanted)
        return 0
    script = command or (await call.stdin()).decode(errors="replace")
    session = target.machine.session(user=target.user)
    stdin = b"" if "-n" in given or not command else call.reader
    return await session.run(script, call.out, call.err, stdin=stdin)


@program("scp", machines="all")
async def scp(call: Call) -> int:
    """``scp [-rp] [-i KEY] [-P PORT] FROM... TO``, either side as ``[USER@]HOST:PATH``."""
    options = parse(call, "346ABCOpqRrsTvc:F:i:J:l:o:P:S:X:", mixed=False, absent=SCP_ABSENT)
    if len(options.words) < 2:
        await call.err("usage: scp [-346ABCOpqRrsTv] source ... target\n")
        return 1
    *sources, into = options.words
    login = settings("scp", options.given, 1, port="P")
    files, target = await side(call, into, login)
    status = 0
    for source in sources:
        theirs, path = await side(call, source, login)
        where = target
        if files.is_directory(where):
            where = posixpath.join(where, posixpath.basename(path.rstrip("/")))
        try:
            run = ScpRun(theirs, files, deep=options.has("r"), exact=options.has("p"))
            status = await _copy(call, run, path, where) or status
        except OSError as error:
            shown = error.filename or source
            await call.err(f"scp: {shown}: {error.strerror}\n")
            status = 1
    return status


async def side(call: Call, word: str, login: LoginSettings) -> tuple[Files, str]:
    """The files and the path that a word means: here, or ``[USER@]HOST:PATH``."""
    host, colon, path = word.partition(":")
    if not colon or "/" in host:
        return call.fs, call.path(word)
    target = await _reach(call, host, login)
    return target.machine.files_of(target.user), posixpath.join(target.home, path)


@dataclass(frozen=True, slots=True)
class ScpRun:
    """From where to where, and how."""

    source: Files
    target: Files
    deep: bool
    exact: bool
    """With modes and times."""


async def _copy(call: Call, run: ScpRun, path: str, where: str) -> int:
    source, target = run.source, run.target
    inode = source.look(path)
    if not inode.is_directory:
        target.write_file(where, source.read_file(path))
        _keep(run, inode, where)
        return 0
    if not run.deep:
        await call.err(f"scp: {path}: not a regular file\n")
        return 1
    if not target.is_directory(where):
        target.mkdir(where)
    status = 0
    for entry in source.read_dir(path):
        name = str(entry["name"])
        inner = (posixpath.join(path, name), posixpath.join(where, name))
        status = await _copy(call, run, *inner) or status
    _keep(run, inode, where)
    return status


def _keep(run: ScpRun, inode: Inode, where: str) -> None:
    if run.exact:
        run.target.chmod(where, inode.mode)
        run.target.touch(where, inode.modified)


@program("ssh-copy-id", machines="all")
async def copy_id(call: Call) -> int:
    """Nobody has a password here, so that a key cannot be brought over this way."""
    words = [word for word in call.argv if not word.startswith("-")]
    if not words:
        raise Complaint("Usage: ssh-copy-id [-i [identity_file]] [user@]hostname\n")
    raise Complaint(
        f"{words[-1]}: Permission denied (publickey).\n"
        "(Multipass' machines take no passwords: from the laptop, multipass exec MACHINE -- "
        "bash -c 'cat >> ~/.ssh/authorized_keys' < KEY.pub)\n"
    )
