"""`chmod`, `chown`, `chgrp` and `umask`: whose a file is, and who may do what with it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from owlab.pocket.machines.inode import Inode
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.modes import changed, shown
from owlab.pocket.programs.options import Complaint, Options, missing_operand, parse

DEEP = ("R", "recursive")


def below(call: Call, path: str, name: str, deep: bool) -> Iterator[tuple[str, str]]:
    """A path with its name as typed; with ``deep`` also all that is in it, links not followed."""
    yield path, name
    if deep and call.fs.look(path, follow=False).is_directory:
        for entry in call.fs.read_dir(path):
            inner = str(entry["name"])
            yield from below(call, posixpath.join(path, inner), posixpath.join(name, inner), deep)


async def _each(
    call: Call, options: Options, names: tuple[str, ...], doing: str, act: Callable[[str], str]
) -> int:
    """Do it to each file; what fails is told, and the others are done."""
    status = 0
    for name in names:
        path = call.path(name)
        try:
            call.fs.look(path)
            places = list(below(call, path, name, options.has(*DEEP)))
        except OSError as error:
            if call.name == "chmod" and _is_link(call, path):
                await call.err(f"chmod: cannot operate on dangling symlink '{name}'\n")
            elif not options.has("f", "silent", "quiet"):
                await call.err(f"{call.name}: cannot access '{name}': {error.strerror}\n")
            status = 1
            continue
        for place, text in places:
            try:
                note = act(place)
            except OSError as error:
                if not options.has("f", "silent", "quiet"):
                    await call.err(f"{call.name}: {doing} '{text}': {error.strerror}\n")
                status = 1
                continue
            changed_only = options.has("c", "changes") and " retained as " in note
            if note and options.has("v", "verbose", "c", "changes") and not changed_only:
                await call.out(f"{note.replace('%', text)}\n")
    return status


@program("chmod", machines="all")
async def chmod(call: Call) -> int:
    """Change modes: ``755`` or ``u+x``."""
    words = list(call.argv)
    # `chmod -x FILE`: a mode, and no option.
    minus = next((w for w in words if w[:1] == "-" and w[1:2] in [*"rwxXst"] and len(w) < 5), None)
    if minus is not None and set(minus[1:]) <= set("rwxXst"):
        words.remove(minus)
    call.argv = words
    options = parse(call, "Rcfv", "recursive changes silent quiet verbose reference= preserve-root")
    operands = options.words
    reference = options.value("reference")
    if minus is not None:
        operands = (minus, *operands)
    elif reference is not None:
        operands = (_mode_of(call, reference), *operands)
    if not operands:
        raise missing_operand("chmod")
    mode, *names = operands
    if not names and reference is not None:
        raise missing_operand("chmod")
    if not names:
        raise missing_operand("chmod", (mode,))
    if changed(0, mode, directory=False, umask=0) is None:
        raise Complaint(
            f"chmod: invalid mode: ‘{mode}’\nTry 'chmod --help' for more information.\n"
        )

    deep = options.has("R", "recursive") and options.has("preserve-root")
    if deep and any(call.path(name) == "/" for name in names):
        raise Complaint(
            "chmod: it is dangerous to operate recursively on '/'\n"
            "chmod: use --no-preserve-root to override this failsafe\n"
        )

    def act(path: str) -> str:
        inode = call.fs.look(path, follow=False)
        if inode.kind == "symlink":
            return ""
        before, old = shown(inode)[1:], inode.mode
        new = changed(old, mode, directory=inode.is_directory, umask=call.fs.umask)
        call.fs.chmod(path, new if new is not None else old)
        if new == old:
            return f"mode of '%' retained as {old:04o} ({before})"
        after = shown(call.fs.look(path))[1:]
        return f"mode of '%' changed from {old:04o} ({before}) to {new:04o} ({after})"

    return await _each(call, options, tuple(names), "changing permissions of", act)


def _is_link(call: Call, path: str) -> bool:
    try:
        return call.fs.look(path, follow=False).kind == "symlink"
    except OSError:
        return False


def _mode_of(call: Call, reference: str) -> str:
    try:
        return f"{call.fs.look(call.path(reference)).mode:05o}"
    except OSError as error:
        raise Complaint(
            f"chmod: failed to get attributes of '{reference}': {error.strerror}\n"
        ) from None


@program("chown", "chgrp", machines="all")
async def chown(call: Call) -> int:
    """Change owner and group, by name or number; a group is `chgrp`'s only word."""
    options = parse(
        call, "Rcfhv", "recursive changes silent quiet no-dereference verbose reference="
    )
    reference = options.value("reference")
    words = [*([_owner_of(call, reference)] if reference is not None else []), *options.words]
    if not words or (reference is not None and len(words) < 2):
        raise missing_operand(call.name)
    owner, *names = words
    if not names:
        raise missing_operand(call.name, (owner,))
    accounts = call.machine.accounts
    group_only = call.name == "chgrp"
    if group_only:
        wanted = f":{owner.rpartition(':')[2]}"
    else:
        wanted = owner.replace(".", ":") if _dotted(call, owner) else owner
    try:
        uid, gid = accounts.numbers(wanted)
    except KeyError:
        what = "group" if group_only or accounts.user(owner.partition(":")[0]) else "user"
        raise Complaint(f"{call.name}: invalid {what}: ‘{owner}’\n") from None

    def act(path: str) -> str:
        inode = call.fs.look(path, follow=False)
        before = _owner(call, inode, uid, gid)
        call.fs.chown(path, uid, gid, follow=not options.has("h", "no-dereference", "R"))
        after = _owner(call, call.fs.look(path, follow=False), uid, gid)
        what = "group" if uid < 0 else "ownership"
        if before == after:
            return f"{what} of '%' retained as {before}"
        return f"changed {what} of '%' from {before} to {after}"

    doing = "changing group of" if group_only else "changing ownership of"
    return await _each(call, options, tuple(names), doing, act)


def _owner_of(call: Call, reference: str) -> str:
    try:
        inode = call.fs.look(call.path(reference))
    except OSError as error:
        raise Complaint(
            f"{call.name}: failed to get attributes of '{reference}': {error.strerror}\n"
        ) from None
    return f"{inode.uid}:{inode.gid}"


def _dotted(call: Call, owner: str) -> bool:
    """``user.group``, the old way to write it."""
    return ":" not in owner and "." in owner and call.machine.accounts.user(owner) is None


def _owner(call: Call, inode: Inode, uid: int, gid: int) -> str:
    """Of owner and group what is to change: -1 leaves one of them."""
    accounts = call.machine.accounts
    user, group = accounts.user_name(inode.uid), accounts.group_name(inode.gid)
    return ":".join(name for name, number in ((user, uid), (group, gid)) if number >= 0)


@program("umask", machines="all")
async def umask(call: Call) -> int:
    """What new files may not be: shown, or set for this shell."""
    options = parse(call, "Sp", status=2)
    if not options.words:
        mask = call.fs.umask
        if options.has("S"):
            parts = zip("ugo", (6, 3, 0), strict=True)
            await call.out(
                ",".join(
                    f"{who}="
                    + "".join(
                        x for x, bit in zip("rwx", (4, 2, 1), strict=True) if ~mask >> at & bit
                    )
                    for who, at in parts
                )
                + "\n"
            )
        else:
            await call.out(f"{'umask ' if options.has('p') else ''}{mask:04o}\n")
        return 0
    text = options.words[0]
    mode = changed(~call.fs.umask & 0o777, text, directory=False, umask=0)
    if mode is None:
        what = "octal number out of range" if text.isdigit() else "invalid symbolic mode operator"
        raise Complaint(f"bash: umask: {text}: {what}\n")
    if call.session is not None:
        call.session.files.umask = mode & 0o777 if text.isdigit() else ~mode & 0o777
    return 0
