"""Traps where the interpreter does not do what they say.

bashkit ignores ``exit`` in a trap of ``ERR``, and its ``$BASH_COMMAND`` is empty. So such a trap
notes that it runs, and ``exit`` is a function, which then leaves by a trap of ``DEBUG``: that one
is obeyed before the next command. Of each command its text is noted before it runs.
"""

from __future__ import annotations

import re
import shlex

from owlab.pocket.bash.extra_streams import BEGIN
from owlab.pocket.bash.parameters import told
from owlab.pocket.bash.syntax import Simple
from owlab.pocket.bash.tokens import assignments, commands

ERROR = re.compile(r"\btrap\s[^\n]*\bERR\b")
AT_END = re.compile(r"""\btrap\s+(?:'[^']*'|"[^"]*"|[^\s'"]+)\s[^\n;]*\b(?:EXIT|0)\b""")
"""bashkit obeys `exit` in such a trap in a shell, and not in a subshell."""
LEAVES = re.compile(r"(\btrap\s+'[^'\n]+?);?\s*\bexit\s*'(\s[^\n;]*\bEXIT\b)")
"""It ends with the status from before the trap, which is what happens without it."""
COMMAND = re.compile(r"\$\{?BASH_COMMAND\b")
ENTER, LEAVE = "__owlab_on_error", "__owlab_after_error"
FAILING, TEXT = "__owlab_failing", "__owlab_command"
EXIT = (
    f"{ENTER}() {{ local status=$?; {FAILING}=1; return $status; }}; {LEAVE}() {{ {FAILING}=; }}; "
    f'exit() {{ local status=${{1-$?}}; [ -n "${{{FAILING}-}}" ] || builtin exit $status; '
    "set +e -T; trap - ERR; "
    'trap "trap - DEBUG; builtin exit $status" DEBUG; builtin exit $status; }; '
)
LAST = "\n__owlab_ended=$?; trap - ERR; (builtin exit $__owlab_ended)"
"""A command to leave before, where the last one has failed."""
SENTENCE = "BASH_COMMAND in a trap of DEBUG is more than the pocket lab has"

Edit = tuple[int, int, str]


def trapped(script: str, *, typed: bool = False) -> str:
    """The script, with such traps put another way.

    :param typed: at a prompt, where a trap stays when what was typed has ended.
    """
    if AT_END.search(script):
        script = LEAVES.sub(r"\1'\2", script)
    if COMMAND.search(script):
        if any(_traps(one, "DEBUG") for one in commands(script)):
            return f"echo 'bash: {SENTENCE}' >&2; (exit 2)"
        script = told(_in_traps(_noted(script)), {"BASH_COMMAND": f"${TEXT}"})
    if typed or not ERROR.search(script):
        return script
    edits = [edit for one in commands(script) if (edit := _on_error(script, one)) is not None]
    if not edits:
        return script
    return f"{EXIT}{_edited(script, edits)}{LAST}"


def _in_traps(script: str) -> str:
    """What a trap does is quoted, and expanded when it runs."""
    edits = [
        (one.words[1].start, one.words[1].end, COMMAND.sub(_ours, one.words[1].text))
        for one in commands(script)
        if one.name == "trap" and len(one.words) > 2
    ]
    return _edited(script, edits)


def _ours(found: re.Match[str]) -> str:
    return found[0].replace("BASH_COMMAND", TEXT)


def leaving(script: str) -> str:
    """What is run in a subshell, as a shell where a trap of EXIT sets the status."""
    if not AT_END.search(script) or "exit" not in script:
        return script
    return f"command bash -c {BEGIN}{shlex.quote(script)} bash"


def _edited(script: str, edits: list[Edit]) -> str:
    for start, end, text in sorted(edits, reverse=True):
        script = script[:start] + text + script[end:]
    return script


def _traps(simple: Simple, signal: str) -> bool:
    words = [word.text for word in simple.words]
    return words[:1] == ["trap"] and signal in words[2:]


def _on_error(script: str, simple: Simple) -> Edit | None:
    """A `trap` that is set for ERR, as one that notes that it runs."""
    if not _traps(simple, "ERR") or simple.redirections:
        return None
    words = [word.text for word in simple.words]
    action, signals = words[1], [word for word in words[2:] if word != "ERR"]
    if action in ("-", "''", '""', "-p"):
        return None
    # A new line in it would count, and where a comment or `&` ends it one is needed.
    action = re.sub(r";?\s*(['\"])$", r"\1", action)
    between = "\n" if re.search(r"#|&['\"]?$", action) else "; "
    # Behind `&&` its failure ends nothing, and is in `$?`.
    own = f"trap '{ENTER} && :; '{action}'{between}{LEAVE}' ERR"
    others = f"trap {action} {' '.join(signals)}; " if signals else ""
    text = f"{{ {others}{own}; }}" if others else own
    return simple.words[0].start, simple.words[-1].end, text


NO_COMMANDS = frozenset(["}", "done", "fi", "esac", "case", "for", "select", "trap", "function"])


def _noted(script: str) -> str:
    """The script, with the text of each command noted before it; of a pipeline, its last one's."""
    edits: list[Edit] = []
    begun: Simple | None = None
    found = [one for one in (*commands(script), *assignments(script)) if one.words or one.assigned]
    for one in sorted(found, key=lambda one: one.start):
        if begun is not None and one.start < begun.end:
            continue  # within a substitution
        if _no_command(script, one):
            begun = None
            continue
        first, begun = begun or one, None
        if one.ended_by in ("|", "|&"):
            begun = first
            continue
        text = _shown(one)
        if "$?" in text:
            continue  # to note it would set that
        quoted = text.replace("'", "'\\''")
        edits += [
            (first.start, first.start, f"{{ {TEXT}='{quoted}'; "),
            (one.end, one.end, "; }"),
        ]
    return _edited(script, edits)


def _no_command(script: str, one: Simple) -> bool:
    """A word of the grammar, a label of ``case``, the name of a function, or with a document."""
    documents = any(sign.text.startswith("<<") for sign, _ in one.redirections)
    defines = script[one.end :].lstrip(" ").startswith("(")
    return one.name in NO_COMMANDS or one.label or documents or defines


def _shown(simple: Simple) -> str:
    """A command as bash shows it."""
    parts = [word.text for word in (*simple.assigned, *simple.words)]
    for sign, to in simple.redirections:
        parts.append(f"{sign.text}{'' if sign.text.endswith('&') else ' '}{to.text}")
    return " ".join(parts)
