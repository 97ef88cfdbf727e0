"""`cp`, `mv`, `ln` and `install`: what they make belongs to whoever runs them."""

from __future__ import annotations

import errno
import posixpath
from dataclasses import dataclass

from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import Inode
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.consent import agreed
from owlab.pocket.programs.directories import NoFolder, missing_folders
from owlab.pocket.programs.modes import changed
from owlab.pocket.programs.options import Complaint, Options, missing_operand, parse, usage

KEPT = {"mode", "ownership", "timestamps"}
FORCES, ASKS = ("f", "force"), ("i", "interactive")
TARGETS = "target-directory= no-target-directory"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to: a directory for everything, or one name."""

    path: str
    shown: str
    directory: bool

    def of(self, source: str) -> tuple[str, str]:
        """Path and name for one source."""
        if not self.directory:
            return self.path, self.shown
        base = posixpath.basename(source.rstrip("/"))
        return posixpath.join(self.path, base), posixpath.join(self.shown, base)


def _operands(call: Call, options: Options) -> tuple[list[str], Destination]:
    """The sources and the target, as cp, mv, ln and install read them."""
    names = list(options.words)
    into = options.value("t", "target-directory")
    if not names:
        raise missing_operand(call.name, what="file operand")
    if into is None:
        if len(names) == 1:
            raise usage(call.name, f"missing destination file operand after '{names[0]}'")
        into = names.pop()
    path = call.path(into)
    alone = options.has("T", "no-target-directory")
    if alone and len(names) > 1:
        raise usage(call.name, f"extra operand '{into}'")
    if call.name == "install" and options.has("D") and options.has("t", "target-directory"):
        call.fs.mkdir(path, recursive=True)
    directory = call.fs.is_directory(path) and not alone
    if not directory and (len(names) > 1 or options.has("t", "target-directory")):
        reason = "Not a directory" if call.fs.exists(path) else "No such file or directory"
        what = "target" if options.value("t", "target-directory") is None else "target directory"
        raise Complaint(f"{call.name}: {what} '{into}': {reason}\n")
    single = len(names) == 1 and call.fs.exists(call.path(names[0]))
    single &= not call.fs.is_directory(call.path(names[0]))
    if into.endswith("/") and not directory and single and call.name != "mv":
        raise Complaint(f"{call.name}: cannot create regular file '{into}': Not a directory\n")
    shown = into if call.name == "mv" and not directory else into.rstrip("/") or "/"
    return names, Destination(path, shown, directory)


@program("cp", machines="all")
async def cp(call: Call) -> int:
    """Copy files; ``-r`` directories, ``-a`` and ``-p`` with modes, times and owners."""
    options = parse(
        call,
        "adfiHlLnPpRrsTt:uvxb",
        "archive force interactive dereference no-clobber no-dereference recursive update "
        f"verbose preserve? backup? link symbolic-link one-file-system {TARGETS}",
        absent="l link s symbolic-link x one-file-system",
    )
    _no_backups(options)
    if unknown := sorted(_kept(options) - {*KEPT, "links", "xattr", "context"}):
        valid = ("mode", "timestamps", "ownership", "links", "context", "xattr", "all")
        told = "".join(f"\n  - ‘{one}’" for one in valid)
        raise usage(
            "cp", f"invalid argument ‘{unknown[0]}’ for ‘--preserve’\nValid arguments are:{told}"
        )
    names, target = _operands(call, options)
    status = 0
    for name in names:
        path, shown = target.of(name)
        try:
            inode = call.fs.look(call.path(name), follow=not _as_links(options) or options.has("H"))
        except OSError as error:
            await call.err(f"cp: cannot stat '{name}': {error.strerror}\n")
            status = 1
            continue
        status = await _copy(call, options, inode, (call.path(name), name), (path, shown)) or status
    return status


def _no_backups(options: Options) -> None:
    if options.has("b", "backup"):
        raise Complaint("cp and mv of the pocket lab keep no backups: no -b\n")


def _as_links(options: Options) -> bool:
    deep = options.has("r", "R", "recursive", "a", "archive")
    return (deep or options.has("d", "P", "no-dereference")) and not options.has("L", "dereference")


async def _copy(
    call: Call, options: Options, inode: Inode, source: tuple[str, str], target: tuple[str, str]
) -> int:
    fs, (path, name), (where, shown) = call.fs, source, target
    if inode.is_directory and not options.has("r", "R", "recursive", "a", "archive"):
        await call.err(f"cp: -r not specified; omitting directory '{name}'\n")
        return 1
    if inode.is_directory and f"{where}/".startswith(f"{path}/"):
        await call.err(f"cp: cannot copy a directory, '{name}', into itself, '{shown}'\n")
        return 1
    existing = fs.look(where) if fs.exists(where) else None
    if existing is inode and options.has("n", "no-clobber"):
        return 0
    if existing is inode:
        await call.err(f"cp: '{name}' and '{shown}' are the same file\n")
        return 1
    if existing is not None and not inode.is_directory:
        if existing.is_directory:
            await call.err(f"cp: cannot overwrite directory '{shown}' with non-directory\n")
            return 1
        old = options.has("u", "update") and existing.modified >= inode.modified
        if options.has("n", "no-clobber") or old:
            return 0
        if options.has("i", "interactive") and not await agreed(call, f"cp: overwrite '{shown}'? "):
            return 1
    if inode.is_directory and existing is not None and not existing.is_directory:
        what = f"non-directory '{shown}' with directory '{name}'"
        await call.err(f"cp: cannot overwrite {what}\n")
        return 1
    status = 0
    try:
        if inode.kind == "symlink":
            if fs.exists(where):
                fs.remove(where)
            fs.symlink(inode.target, where)
        elif inode.is_directory:
            if existing is None:
                fs.mkdir(where)
                if options.has("v", "verbose"):
                    await call.out(f"'{name}' -> '{shown}'\n")
            try:
                entries = fs.read_dir(path)
            except PermissionError as error:
                raise Complaint(f"cp: cannot access '{name}': {error.strerror}\n") from None
            for entry in entries:
                inner = str(entry["name"])
                below = (posixpath.join(path, inner), posixpath.join(name, inner))
                goal = (posixpath.join(where, inner), posixpath.join(shown, inner))
                try:
                    found = fs.look(below[0], follow=options.has("L", "dereference"))
                except FileNotFoundError as error:  # a link that leads nowhere
                    await call.err(f"cp: cannot stat '{below[1]}': {error.strerror}\n")
                    status = 1
                    continue
                status = await _copy(call, options, found, below, goal) or status
            if existing is None:
                fs.chmod(where, inode.mode & ~fs.umask)
        else:
            _content(call, options, path, name, where, shown)
        _preserve(call, inode, where, _kept(options))
    except Complaint as complaint:
        await call.err(complaint.text)
        return complaint.status
    except OSError as error:
        what = "directory" if inode.is_directory else "regular file"
        what = "symbolic link" if inode.kind == "symlink" else what
        await call.err(f"cp: cannot create {what} '{shown}': {error.strerror}\n")
        return 1
    if options.has("v", "verbose") and not inode.is_directory:
        await call.out(f"'{name}' -> '{shown}'\n")
    return status


def _content(call: Call, options: Options, path: str, name: str, where: str, shown: str) -> None:
    fs = call.fs
    if not fs.allows(path, 4):
        raise Complaint(f"cp: cannot open '{name}' for reading: Permission denied\n")
    if options.has("f", "force") and fs.exists(where) and not fs.allows(where, 2):
        fs.remove(where)
    try:
        fs.copy(path, where)
    except PermissionError as error:
        if fs.exists(where):
            raise Complaint(
                f"cp: cannot create regular file '{shown}': {error.strerror}\n"
            ) from None
        raise


def _kept(options: Options) -> set[str]:
    """What a copy has of its source: mode, ownership, timestamps."""
    kept = set[str]()
    for option, text in options.given:
        if option in ("a", "archive", "p") or (option == "preserve" and not text):
            kept |= KEPT
        elif option == "preserve":
            kept |= KEPT if "all" in text.split(",") else set(text.split(","))
    return kept


def _preserve(call: Call, inode: Inode, where: str, kept: set[str]) -> None:
    """Times and modes; the owner where one may."""
    fs = call.fs
    if "ownership" in kept and fs.who.is_root:
        fs.chown(where, inode.uid, inode.gid, follow=False)
    if "mode" in kept and inode.kind != "symlink":
        fs.chmod(where, inode.mode)
    if "timestamps" in kept and inode.kind != "symlink":
        fs.touch(where, inode.modified)


@program("mv", machines="all")
async def mv(call: Call) -> int:
    """Move or rename."""
    options = parse(
        call, "fint:Tuvb", f"force interactive no-clobber update verbose backup? {TARGETS}"
    )
    _no_backups(options)
    names, target = _operands(call, options)
    status = 0
    for name in names:
        path, (where, shown) = call.path(name), target.of(name)
        try:
            inode = call.fs.look(path, follow=False)
        except OSError as error:
            await call.err(f"mv: cannot stat '{name}': {error.strerror}\n")
            status = 1
            continue
        there = call.fs.exists(where)
        if shown.endswith("/") and not inode.is_directory:  # it is no directory, nor in one
            await call.err(f"mv: cannot move '{name}' to '{shown}': Not a directory\n")
            status = 1
            continue
        if posixpath.basename(name.rstrip("/")) in (".", ".."):
            await call.err(f"mv: cannot move '{name}' to '{shown}': Device or resource busy\n")
            status = 1
            continue
        same = there and call.fs.look(where, follow=False) is inode
        if same and options.has("n", "no-clobber"):
            continue
        if same:
            await call.err(f"mv: '{name}' and '{shown}' are the same file\n")
            status = 1
            continue
        old = there and call.fs.look(where).modified >= inode.modified
        if there and (options.has("n", "no-clobber") or (old and options.has("u", "update"))):
            continue
        asks = there and options.has("i", "interactive") and not options.has("f", "force")
        if asks and not await agreed(call, f"mv: overwrite '{shown}'? "):
            status = 1
            continue
        try:
            call.fs.rename(path, where)
        except OSError as error:
            status = 1
            if error.errno == 22:
                await call.err(f"mv: cannot move '{name}' to a subdirectory of itself, '{shown}'\n")
            elif error.errno == 21:
                await call.err(f"mv: cannot overwrite directory '{shown}' with non-directory\n")
            elif error.errno == errno.ENOTDIR and inode.is_directory and there:
                what = f"non-directory '{shown}' with directory '{name}'"
                await call.err(f"mv: cannot overwrite {what}\n")
            else:
                await call.err(f"mv: cannot move '{name}' to '{shown}': {error.strerror}\n")
            continue
        if options.has("v", "verbose"):
            await call.out(f"renamed '{name}' -> '{shown}'\n")
    return status


@program("ln", machines="all")
async def ln(call: Call) -> int:
    """Make links; ``-s`` symbolic ones, ``-f`` in place of what is there."""
    options = parse(
        call,
        "sfnvirt:T",
        f"symbolic force interactive no-dereference verbose relative {TARGETS}",
    )
    asks = next((o[0] for o, _ in reversed(options.given) if o in (*FORCES, *ASKS)), "") == "i"
    soft = options.has("s", "symbolic")
    if options.has("r", "relative") and not soft:
        raise Complaint("ln: cannot do --relative without --symbolic\n")
    if len(options.words) == 1 and not options.has("t", "target-directory", "T"):
        names, target = list(options.words), Destination(call.cwd, ".", True)
    else:
        names, target = _operands(call, options)
    if options.has("n", "no-dereference") and target.directory and len(names) == 1:
        inode = call.fs.look(target.path, follow=False)
        target = Destination(target.path, target.shown, inode.kind != "symlink")
    status = 0
    kind = "symbolic" if soft else "hard"
    for name in names:
        where, shown = target.of(name)
        try:
            if not soft:
                call.fs.look(call.path(name), follow=False)  # before anything is taken away
            if options.has(*FORCES, *ASKS) and _replaceable(call.fs, where):
                if not soft and where == call.path(name):
                    await call.err(f"ln: '{name}' and '{shown}' are the same file\n")
                    status = 1
                    continue
                if asks and not await agreed(call, f"ln: replace '{shown}'? "):
                    status = 1
                    continue
                call.fs.remove(where)
            if soft:
                text = name
                if options.has("r", "relative"):
                    text = posixpath.relpath(call.path(name), posixpath.dirname(where))
                call.fs.symlink(text, where)
            else:
                if call.fs.look(call.path(name)).is_directory:
                    await call.err(f"ln: {name}: hard link not allowed for directory\n")
                    status = 1
                    continue
                call.fs.link(call.path(name), where)
        except OSError as error:
            status = 1
            if not soft and not call.fs.exists(call.path(name)):
                await call.err(f"ln: failed to access '{name}': {error.strerror}\n")
            elif soft or isinstance(error, FileExistsError):
                await call.err(f"ln: failed to create {kind} link '{shown}': {error.strerror}\n")
            else:
                await call.err(
                    f"ln: failed to create {kind} link '{shown}' => '{name}': {error.strerror}\n"
                )
            continue
        if options.has("v", "verbose"):
            await call.out(f"'{shown}' {'->' if soft else '=>'} '{name}'\n")
    return status


def _replaceable(fs: Files, path: str) -> bool:
    try:
        return not fs.look(path, follow=False).is_directory
    except FileNotFoundError:
        return False


@program("install", machines="all")
async def install(call: Call) -> int:
    """Copy with a mode (0755) and an owner; ``-d`` makes directories, ``-D`` parents."""
    options = parse(
        call,
        "bcCdDg:m:o:pst:Tv",
        f"directory group= mode= owner= preserve-timestamps verbose compare strip {TARGETS}",
        absent="b C compare s strip",
    )
    mode = changed(0, options.value("m", "mode") or "755", directory=False, umask=0)
    if mode is None:
        raise Complaint(f"install: invalid mode ‘{options.value('m', 'mode')}’\n")
    owner = (options.value("o", "owner") or "", options.value("g", "group") or "")
    try:
        uid, gid = call.machine.accounts.numbers(":".join(owner) if owner[1] else owner[0])
    except KeyError:
        kind, name = ("user", owner[0]) if owner[0] else ("group", owner[1])
        raise Complaint(f"install: invalid {kind}: ‘{name}’\n") from None
    if options.has("d", "directory"):
        if not options.words:
            raise missing_operand("install", what="file operand")
        return await _directories(call, options, mode, uid, gid)
    names, target = _operands(call, options)
    status = 0
    for name in names:
        where, shown = target.of(name)
        try:
            inode = call.fs.look(call.path(name))
            if inode.is_directory:
                raise Complaint(f"install: omitting directory '{name}'\n")
            if call.fs.exists(where) and call.fs.look(where) is inode:
                raise Complaint(f"install: '{name}' and '{shown}' are the same file\n")
            content = call.fs.read_file(call.path(name))
        except Complaint as complaint:
            await call.err(complaint.text)
            status = 1
            continue
        except OSError as error:
            await call.err(f"install: cannot stat '{name}': {error.strerror}\n")
            status = 1
            continue
        try:
            if options.has("D"):
                call.fs.mkdir(posixpath.dirname(where), recursive=True)
            if call.fs.exists(where):
                call.fs.remove(where)
            call.fs.write_file(where, content)
            call.fs.chmod(where, mode)
            call.fs.chown(where, uid, gid)
            if options.has("p", "preserve-timestamps"):
                call.fs.touch(where, inode.modified)
        except OSError as error:
            doing = "cannot change ownership of" if uid != -1 else "cannot create regular file"
            await call.err(f"install: {doing} '{shown}': {error.strerror}\n")
            status = 1
            continue
        if options.has("v", "verbose"):
            await call.out(f"'{name}' -> '{shown}'\n")
    return status


async def _directories(call: Call, options: Options, mode: int, uid: int, gid: int) -> int:
    status = 0
    for name in options.words:
        try:
            for path, shown in missing_folders(call, name, parents=True):
                call.fs.mkdir(path)
                if options.has("v", "verbose"):
                    await call.out(f"install: creating directory '{shown}'\n")
            call.fs.chmod(call.path(name), mode)
            call.fs.chown(call.path(name), uid, gid)
        except OSError as error:
            shown = error.filename if isinstance(error, NoFolder) else name
            await call.err(f"install: cannot create directory ‘{shown}’: {error.strerror}\n")
            status = 1
    return status
