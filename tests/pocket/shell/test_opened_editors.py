"""What an editor is given, and what becomes of what it writes: without a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from owlab.pocket.ground.keyboards import Draft, Save

from .test_keyboard import PATIENCE, Typist, session

__all__ = ["session"]
Editing = Callable[[Draft, Save], int]


class Editor(Typist):
    """Somebody who has an editor: each time one is opened, the next of these is done in it."""

    def __init__(self, *doings: Editing, lines: tuple[str, ...] = ()) -> None:
        super().__init__(*lines)
        self.doings = list(doings)
        self.drafts: list[Draft] = []

    async def edit(self, draft: Draft, save: Save) -> int:
        self.drafts.append(draft)
        return self.doings.pop(0)(draft, save) if self.doings else 0


def writes(text: str, name: str = "", force: bool = False, said: str = "") -> Editing:
    def doing(draft: Draft, save: Save) -> int:
        assert save(name or draft.name, text, force) == said
        return 0

    return doing


def leaves(status: int = 0) -> Editing:
    return lambda draft, save: status


async def opened(session: Any, line: str, editor: Editor) -> str:
    async with asyncio.timeout(PATIENCE):
        await session.type(line, editor.show, editor.show_error, 0, editor)
    return (editor.errors + editor.shown).decode()


async def shown(session: Any, line: str) -> str:
    return await opened(session, line, Editor())


async def test_a_new_file(session):
    editor = Editor(writes("a\nb\n"))
    assert await opened(session, "vim notes", editor) == ""
    [draft] = editor.drafts
    assert (draft.program, draft.name, draft.text, draft.new) == ("vim", "notes", "", True)
    assert (draft.problem, draft.line, draft.read_only) == ("", 1, False)
    assert await shown(session, "cat notes; stat -c '%U %a' notes") == "a\nb\nubuntu 644\n"


async def test_a_file_that_is_there(session):
    await shown(session, "printf 'one\\n' > f")
    editor = Editor(writes("two\n"))
    await opened(session, "nano f", editor)
    [draft] = editor.drafts
    assert (draft.program, draft.text, draft.new) == ("nano", "one\n", False)
    assert await shown(session, "cat f") == "two\n"
    # It may be written often, and under another name; or not at all.
    await opened(session, "vi f", Editor(lambda draft, save: (save("g", "x", False), 0)[1]))
    assert await shown(session, "cat f g") == "two\nx"
    assert await opened(session, "vi f; echo $?", Editor(leaves(1))) == "1\n"


@pytest.mark.parametrize(
    ("words", "names", "line", "read_only"),
    [
        ("vim f", ["f"], 1, False),
        ("vim +7 f", ["f"], 7, False),
        ("vim f +7", ["f"], 7, False),
        ("vim + f", ["f"], 1, False),
        ("vim +/word f", ["f"], 1, False),
        ("vim -R f", ["f"], 1, True),
        ("view f", ["f"], 1, True),
        ("nano -v f", ["f"], 1, True),
        ("vim f g", ["f", "g"], 1, False),
        ("vim -c 'set nu' f", ["f"], 1, False),
        ("vim -u NONE -S s f", ["f"], 1, False),
        ("vim -n f", ["f"], 1, False),
        ("vim -- f", ["f"], 1, False),
        ("vim", [""], 1, False),
    ],
)
async def test_words_of_an_editor(session, words, names, line, read_only):
    editor = Editor()
    await opened(session, words, editor)
    assert [draft.name for draft in editor.drafts] == names
    assert {(draft.line, draft.read_only) for draft in editor.drafts} == {(line, read_only)}


async def test_what_stands_in_the_way(session):
    await shown(
        session, "mkdir d; echo x > locked; chmod 400 locked; echo y > secret; chmod 0 secret"
    )
    for words, text, new, problem, read_only in (
        ("vim no/such", "", True, "No such file or directory", False),
        ("vim locked", "x\n", False, "", True),
        ("vim secret", "", False, "Permission denied", True),
        ("vim /etc/hosts", None, False, "", True),
        ("sudo vim /etc/hosts", None, False, "", False),
    ):
        editor = Editor()
        await opened(session, words, editor)
        [draft] = editor.drafts
        assert draft.text == (draft.text if text is None else text), words
        assert (draft.new, draft.problem, draft.read_only) == (new, problem, read_only), words
    editor = Editor()
    assert await opened(session, "vim d", editor) == "vim: d is a directory\n"
    assert editor.drafts == []


async def test_what_cannot_be_written(session):
    await shown(session, "echo x > f; chmod 400 f; mkdir d")
    await opened(session, "vim f", Editor(writes("y", said="Permission denied")))
    assert await shown(session, "cat f") == "x\n"
    await opened(session, "vim f", Editor(writes("y\n", force=True)))
    assert await shown(session, "cat f; stat -c %a f") == "y\n400\n"
    await opened(
        session, "vim f", Editor(writes("y", name="no/such", said="No such file or directory"))
    )
    await opened(session, "vim f", Editor(writes("y", name="d", said="Is a directory")))
    await opened(
        session, "vim /etc/hosts", Editor(writes("y", force=True, said="Operation not permitted"))
    )


async def test_an_editor_as_root(session):
    editor = Editor(writes("root's\n"))
    await opened(session, "EDITOR=vim sudoedit /etc/own", editor)
    assert [draft.name for draft in editor.drafts] == ["/etc/own"]
    assert await shown(session, "cat /etc/own; stat -c %U /etc/own") == "root's\nroot\n"


@pytest.mark.parametrize(
    ("setting", "program"),
    [
        ("", "nano"),
        ("EDITOR=vim", "vim"),
        ("EDITOR=/usr/bin/vim", "vim"),
        ("VISUAL=vi EDITOR=nano", "vi"),
        ("EDITOR='vim -n'", "vim"),
        ("EDITOR=' '", "nano"),
    ],
)
async def test_which_editor_one_wants(session, setting, program):
    editor = Editor(writes("1 2 * * * date\n"))
    said = await opened(session, f"{setting} crontab -e", editor)
    assert [draft.program for draft in editor.drafts] == [program]
    assert "crontab: installing new crontab\n" in said
    assert await shown(session, "crontab -l") == "1 2 * * * date\n"


async def test_rules_of_sudo_count_only_when_they_can_be_read(session, master):
    path = "/etc/sudoers.d/web"
    good, bad = "ann ALL=(ALL) NOPASSWD: ALL\n", "nonsense\n"
    editor = Editor(writes(good))
    assert await opened(session, f"sudo visudo -f {path}", editor) == ""
    [draft] = editor.drafts
    assert (draft.name, draft.text, draft.new) == (f"{path}.tmp", "", True)
    assert await shown(session, f"sudo cat {path}; sudo stat -c %a {path}") == f"{good}440\n"
    for answer, again, kept in (
        ("x", 1, good),
        ("e", 2, good + "# more\n"),
        ("Q", 1, bad),
    ):
        editor = Editor(writes(bad), writes(good + "# more\n"), lines=(answer,))
        said = await opened(session, f"sudo visudo -f {path}", editor)
        assert said.endswith("What now? ") and f"{path}:1" in said
        assert len(editor.drafts) == again, answer
        assert master.read(path) == kept.encode(), answer
    await opened(session, f"sudo visudo -f {path}", Editor(leaves()))
    assert master.read(path) == bad.encode()
    editor = Editor(writes(good))
    said = await opened(session, f"visudo -f {path}; echo $?", editor)
    assert said == f"visudo: {path}: Permission denied\n1\n" and editor.drafts == []


@pytest.mark.parametrize(
    ("line", "said", "status"),
    [
        ("visudo", "visudo: no editor here: sudo tee /etc/sudoers.d/NAME, then visudo -c\n", 1),
        ("visudo -c", "visudo: /etc/sudoers: Permission denied\n", 1),
        ("sudo visudo -cq", "", 0),
        ("sudo visudo -c -f /none", "visudo: unable to open /none: No such file or directory\n", 1),
        ("echo x > r; sudo visudo -qcf r", "r:1", 1),
        ("echo '# fine' > r; visudo -c r", "r: parsed OK\n", 0),
        ("echo '# fine' > r; visudo -qc r", "", 0),
    ],
)
async def test_checking_rules_of_sudo(on, master, line, said, status):
    typed = await on("master", line)
    assert (str(typed).startswith(said), typed.status) == (True, status), str(typed)
    assert said or not str(typed)


async def test_where_no_terminal_is_an_editor_says_what_to_type(on, master):
    typed = await on("master", "vim 'a b'")
    assert typed.status == 1
    assert typed.err.startswith(
        "vim: the pocket lab's shell opens no editor. To write 'a b':\n\n  tee 'a b' <<'EOF'\n"
    )
    assert "sudo tee FILE <<'EOF'" in (await on("master", "sudo nano")).err
    assert (await on("master", "vim --version")).out.startswith("vim (the pocket lab's")
