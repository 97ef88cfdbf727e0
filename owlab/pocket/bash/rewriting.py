"""A script as the interpreter is given it: with what it cannot do said in words that it can."""

from __future__ import annotations

import re

from owlab.pocket.bash.assigned_lists import MANY, joined
from owlab.pocket.bash.exec_redirections import LEADS, ShellStreams, led
from owlab.pocket.bash.expansions import CHANGED, KEY, closed, expanded
from owlab.pocket.bash.extra_streams import KEPT_ASIDE, apart, aside
from owlab.pocket.bash.menus import MENU, shown
from owlab.pocket.bash.outputs import LOST, piped
from owlab.pocket.bash.own_programs import ASKED as NAMED
from owlab.pocket.bash.own_programs import told
from owlab.pocket.bash.parameters import MOMENT, timed
from owlab.pocket.bash.process_numbers import NUMBERED, numbered
from owlab.pocket.bash.questions import ASKED, asked
from owlab.pocket.bash.traps import COMMAND, ERROR, trapped

TOOLS = frozenset(
    [
        *("sed", "grep", "awk", "find", "xargs", "jq", "diff", "bc", "patch", "sort", "uniq"),
        *("cut", "tr", "wc", "seq", "cat", "head", "tail", "ls", "cp", "mv", "rm", "ln", "date"),
        *("stat", "tee", "env", "sleep", "basename", "dirname", "readlink", "realpath", "mkdir"),
        *("touch", "chmod", "chown", "df", "du", "expr", "nl", "od", "paste", "printf", "shuf"),
        *("split", "tac", "timeout", "truncate", "base64", "md5sum", "sha256sum", "id", "uname"),
        *("column", "tree", "comm", "join", "fold", "fmt", "expand", "unexpand", "rev", "tsort"),
        *("xxd", "iconv", "numfmt", "factor", "cksum", "sum", "sha1sum", "sha512sum", "b2sum"),
        *(
            "envsubst",
            "base32",
            "cmp",
            "yes",
            "tty",
            "nproc",
            "whoami",
            "printenv",
            "nohup",
            "nice",
        ),
        *(
            "hostid",
            "uuidgen",
            "logname",
            "link",
            "unlink",
            "sync",
            "pr",
            "pathchk",
            "basenc",
            "groups",
        ),
    ]
)
"""GNU's tools that the interpreter or the lab has in their place."""
KEYS = re.compile(r"""(?<![\w'"$])(\w+)(\+?)=\(\s*"\$\{!(\w+)\[@\]\}"\s*\)(?=\s*(?:[;\n]|$))""")
GOES = re.compile(r"(^|[\s;&|({])(cd|pushd)\s", re.M)
_IN_SHELL = "' -'[rwxOGNdepcbsS]' '*|*' -ef '*|*' -nt '*|*' -ot '*|*'source '*|*'. '*|*'eval '"
_LED = "'exec '*'>'*|*'select '*|*'=(\"${!'*|*'(('*'${'*|*'=(['*|*' ERR'*|*BASH_COMMAND*|*'<<'"
_ASIDE = (
    "*[3-9]'>&'*|*'$$'*|*PID*|*kill*|*'wc '*|*BASH_SOURCE*|*'=\"'*'$@'*|*EPOCH*|*' -F'*|*compgen*"
)
SHELL_PATTERN = f"*{_IN_SHELL}*|*'> >('*|*'>>('*|*{_LED}*|{_ASIDE}"
"""What a script has somewhere that may need it, as a pattern of the shell's."""

EXTENDED = re.compile(r"\bshopt -s extglob\b[^\n]*\n\s*\S")
"""Its patterns have to be known before the script is read."""


KINDS = (
    *(NAMED, LOST, ASKED, GOES, LEADS, MENU, KEYS, CHANGED, KEY, ERROR, COMMAND, KEPT_ASIDE),
    *(NUMBERED, MOMENT, EXTENDED, MANY),
)


def suspect(script: str) -> bool:
    """There may be something in it, or in a file that it makes or goes to."""
    return any(kind.search(script) is not None for kind in KINDS)


def _each_key(found: re.Match[str]) -> str:
    """bashkit makes one word of the keys in an array: they are added one by one."""
    name, sign, source = found[1], found[2] or "", found[3]
    begin = "" if sign else f"{name}=(); "
    loop = f'for __owlab_key in "${{!{source}[@]}}"; do {name}+=("$__owlab_key"); done'
    return f"{begin}{loop}"


def rewritten(script: str, streams: ShellStreams | None = None) -> str:
    """The script; as it is in nearly all cases.

    :param streams: where those of the shell lead, which the script may change.
    """
    script = trapped(expanded(closed(script)), typed=streams is not None)
    if LOST.search(script):
        script = piped(script)
    if MANY.search(script):
        script = joined(script)
    if KEYS.search(script):
        script = KEYS.sub(_each_key, script)
    if MENU.search(script):
        script = shown(script)
    script = led(script, streams)
    if NAMED.search(script):
        script = told(script, TOOLS)
    if MOMENT.search(script):
        script = timed(script)
    return asked(script) if ASKED.search(script) or "eval " in script else script


def for_session(
    script: str, pid: int, streams: ShellStreams | None = None, *, kills: bool = True
) -> str:
    """The script of a session, whose streams nobody else has.

    :param pid: the session's number.
    """
    return aside(rewritten(numbered(script, pid, kills=kills), streams))


def for_child(script: str, pid: int) -> str:
    """The script of a shell that another one runs."""
    other = apart(script)
    return other if other != script else rewritten(numbered(script, pid))
