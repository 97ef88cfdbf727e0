"""zip and unzip: the real format, both ways, and Info-ZIP's words."""

from __future__ import annotations

import io
import zipfile

import pytest

from owlab.pocket.programs.zip import ZipError, parse

INSTALL = "sudo apt-get install -y zip unzip > /dev/null; "
FILES = "mkdir -p a/b; echo hello > a/b/c; seq 1000 > d; "


async def test_an_archive_that_others_read(on, master):
    typed = await on("master", f"{INSTALL}{FILES}chmod 750 d; zip -r x.zip a d nofile")
    assert typed.out == (
        "\tzip warning: name not matched: nofile\n"
        "  adding: a/ (stored 0%)\n  adding: a/b/ (stored 0%)\n"
        "  adding: a/b/c (stored 0%)\n  adding: d (deflated 53%)\n"
    )
    archive = zipfile.ZipFile(io.BytesIO(master.read("/home/ubuntu/x.zip") or b""))
    assert archive.testzip() is None
    assert archive.namelist() == ["a/", "a/b/", "a/b/c", "d"]
    assert archive.read("a/b/c") == b"hello\n"
    assert archive.getinfo("d").external_attr >> 16 == 0o100750


async def test_an_archive_that_others_made(on, master):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/x.js", "x" * 500)
    master.write("/home/ubuntu/x.zip", buffer.getvalue())
    typed = await on("master", f"{INSTALL}unzip x.zip -d out; cat out/in/x.js | wc -c")
    assert typed.out == "Archive:  x.zip\n  inflating: out/in/x.js           \n500\n".replace(
        "out/in/x.js           ", f"{'out/in/x.js':<22}  "
    )


@pytest.mark.parametrize(
    ("script", "status", "words"),
    [
        ("zip x.zip nofile", 12, "\nzip error: Nothing to do! (x.zip)\n"),
        ("zip -Q x d", 16, "zip error: Invalid command arguments (short option 'Q' not supported)"),
        ("unzip nofile", 9, "unzip:  cannot find or open nofile, nofile.zip or nofile.ZIP.\n"),
        ("unzip d", 9, "End-of-central-directory signature not found"),
        ("zip -q x.zip d; unzip x.zip nope", 11, "caution: filename not matched:  nope\n"),
        ("zip -q x.zip d; unzip -q x.zip", 1, "replace d? [y]es, [n]o, [A]ll, [N]one, [r]ename:"),
        ("cd /etc; zip x.zip hosts", 15, "zip I/O error: Permission denied\n"),
    ],
)
async def test_refusals(on, script, status, words):
    typed = await on("master", f"{INSTALL}{FILES}{script}")
    assert typed.status == status
    assert words in str(typed)


async def test_change_an_archive(on):
    typed = await on(
        "master",
        f"{INSTALL}{FILES}zip -qj x a/b/c d; zip -d x.zip d; zip -q x.zip d; unzip -Z1 x.zip; "
        "unzip -p x.zip c; rm d; unzip -oq x.zip; wc -l < d; unzip -l x.zip | tail -1",
    )
    assert typed.out == "deleting: d\nc\nd\nhello\n1000\n     3899                     2 files\n"


async def test_they_come_with_their_packages(on):
    typed = await on("master", "zip x y; unzip x")
    assert typed.err.count("command not found") == 2


@pytest.mark.parametrize(
    ("line", "flags", "archive", "names", "excluded", "included"),
    [
        ("x a b", "", "x", ["a", "b"], [], []),
        ("-rq x a", "rq", "x", ["a"], [], []),
        ("-r -q x a", "rq", "x", ["a"], [], []),
        ("x a -9", "9", "x", ["a"], [], []),
        ("- a", "", "-", ["a"], [], []),
        ("x -", "", "x", ["-"], [], []),
        ("x a -x b c", "", "x", ["a"], ["b", "c"], []),
        ("x a -xb", "", "x", ["a"], ["b"], []),
        ("x a -xb c -r", "r", "x", ["a"], ["b", "c"], []),
        ("x a -rx b", "r", "x", ["a"], ["b"], []),
        ("x a -i b -x c", "", "x", ["a"], ["c"], ["b"]),
        ("x a -ib.js", "", "x", ["a"], [], ["b.js"]),
        ("x a --exclude b --include c", "", "x", ["a"], ["b"], ["c"]),
        ("--recurse-paths --quiet x a", "rq", "x", ["a"], [], []),
        ("x a -x b -q c", "q", "x", ["a", "c"], ["b"], []),
    ],
)
def test_words_of_zip(line, flags, archive, names, excluded, included):
    found = parse(line.split())
    assert (found.flags, found.archive, found.names) == (set(flags), archive, names)
    assert (found.excluded, found.included) == (excluded, included)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-Z x", "short option 'Z' not supported"),
        ("-rZ x", "short option 'Z' not supported"),
        ("--bogus x", "long option 'bogus' not supported"),
        ("-e x", "does not encrypt"),
        ("-P word x", "does not encrypt"),
    ],
)
def test_words_that_zip_refuses(line, said):
    with pytest.raises(ZipError, match=said) as refused:
        parse(line.split())
    assert refused.value.status == 16


@pytest.mark.parametrize(
    ("line", "name", "taken"),
    [
        ("x a", "a", True),
        ("x a -x *.js", "b/a.js", False),
        ("x a -x *.js", "a.JS", True),
        ("x a -i *.js", "a.js", True),
        ("x a -i *.js", "a.py", False),
        ("x a -i *.js -x b*", "b.js", False),
        ("x a -i *.js *.py", "a.py", True),
    ],
)
def test_what_zip_takes(line, name, taken):
    assert parse(line.split()).takes(name) is taken
