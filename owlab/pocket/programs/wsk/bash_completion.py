"""`wsk sdk install bashauto`: a script that completes wsk's commands and flags in bash."""

from __future__ import annotations

from owlab.pocket.programs.wsk.flags import flags_of
from owlab.pocket.programs.wsk.helptext import ALONE, VERBS

FILE = "wsk_cli_bash_completion.sh"
INSTALLED = (
    f"The bash auto-completion script ({FILE}) is installed in the current directory.\n"
    "To enable command line completion of wsk commands, source the auto completion script into "
    "your bash environment\n"
)
_HEAD = """\
# bash completion for wsk
_wsk_words() {
    case "$1" in
"""
_TAIL = """\
    esac
}
_wsk() {
    local at="wsk" word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [[ $word != -* && -n $(_wsk_words "$at $word") ]]; then
            at="$at $word"
        fi
    done
    COMPREPLY=($(compgen -W "$(_wsk_words "$at")" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _wsk wsk
"""


def script() -> str:
    """The script: a line for each command, with the words that may follow it."""
    rows: dict[tuple[str, ...], list[str]] = {(): [*VERBS, *ALONE, "help"]}
    for group, verbs in VERBS.items():
        rows[(group,)] = [*verbs]
        rows |= {(group, verb): [] for verb in verbs}
    rows |= {(name,): [] for name in ALONE}
    lines = ""
    for path, words in rows.items():
        words += [f"--{flag.name}" for flag in flags_of(path)]
        lines += f'    "{" ".join(("wsk", *path))}") echo "{" ".join(sorted(words))}" ;;\n'
    return f"{_HEAD}{lines}{_TAIL}"
