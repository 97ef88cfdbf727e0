"""Shell text that a shell of a machine starts with."""

from __future__ import annotations

import shlex

from owlab.pocket.bash.exec_redirections import FUNCTION as LEADING
from owlab.pocket.bash.process_numbers import FUNCTION as SIGNALS
from owlab.pocket.bash.rewriting import SHELL_PATTERN, rewritten
from owlab.pocket.bash.terminal_reads import HERE
from owlab.pocket.programs.bash_help import FUNCTION as HELP
from owlab.pocket.programs.history import FUNCTIONS as HISTORY
from owlab.pocket.shell.prompts import DEFAULT

_OURS = ("jobs", "fg", "bg", "disown")
JOB_CONTROL = "".join(f'{name}() {{ __owlab_{name} "$@"; }}; ' for name in _OURS) + (
    'kill() { if __owlab_has_process "$@"; then __owlab_kill "$@"; else builtin kill "$@"; fi; }; '
    'wait() { if __owlab_has_job "$@"; then __owlab_wait "$@"; '
    'else [ $# -gt 0 ] || __owlab_wait; builtin wait "$@"; fi; }; '
)
NO_JOB_CONTROL = f"unset -f {' '.join(_OURS)} kill wait"
"""In a child of such a shell: its jobs are its own."""
ALIASES = "shopt -s expand_aliases; "
INTERACTIVE = rewritten(
    "if [ -r /etc/bash.bashrc ]; then . /etc/bash.bashrc; fi; "
    "if [ -r ~/.bashrc ]; then . ~/.bashrc; fi"
)
LOGIN = rewritten(
    "if [ -r /etc/profile ]; then . /etc/profile; fi; "
    "if [ -r ~/.bash_profile ]; then . ~/.bash_profile; "
    "elif [ -r ~/.bash_login ]; then . ~/.bash_login; "
    "elif [ -r ~/.profile ]; then . ~/.profile; fi"
)

PATTERNS = "shopt -s extglob"
LOGOUT = 'logout() { exit "$@"; }; '
NO_LOGOUT = "logout() { echo 'bash: logout: not login shell: use `exit'\"'\" >&2; return 1; }; "


def greeting(login: bool) -> str:
    """What a shell at a terminal does first: aliases work, and its files are read."""
    first = f"PS1={shlex.quote(DEFAULT)}; PS2='> '; {JOB_CONTROL}{ALIASES}"
    return first + (LOGOUT + LOGIN if login else NO_LOGOUT + INTERACTIVE)


# bashkit's own sh and bash read no script from a live pipe and know no -s, and cannot be replaced
# by a program, but by functions; those are handed on to child shells by hand.
_KNOWN = (
    "BASH=/usr/bin/bash; BASH_VERSION='5.2.21(1)-release'; "
    "BASH_VERSINFO=(5 2 21 1 release x86_64-pc-linux-gnu); "
)
SHELLS = _KNOWN + (
    rewritten(
        f'__owlab_read() {{ __script=${{__script%x}}; case "${{{HERE}:+{HERE}}}$__script" in '
        f'{HERE}*|{SHELL_PATTERN}) __script=$(__owlab_rewritten $__file "$__script"; printf x); '
        "__script=${__script%x};; esac; "
        f'[ -z "${HERE}" ] || __script="unset {HERE}; {HERE}=1; $__script"; '
        '__owlab_begin="__OWLAB_SHELLS=${__OWLAB_SHELLS@Q};$__OWLAB_SHELLS"; '
        '__script="$__trace$__script"; '
        # Its patterns have to be known before it is read.
        f"case \"$__script\" in *'{PATTERNS}'*$'\\n'*) {PATTERNS};; esac; }}; "
        "__owlab_sh() { local __shell=$1 __flags= __flag= __login= __trace= __file= __script "
        "__told=; shift; "
        "while [ $# -gt 0 ]; do case $1 in "
        # What is traced is the script, and not what stands before it.
        "-x*|-[!-]*x*) __trace='set -x; '; __flag=${1/x/}; shift; "
        '[ "$__flag" = - ] || set -- "$__flag" "$@";; '
        # So is what -v shows.
        "-v*|-[!-]*v*) __told=1; __flag=${1/v/}; shift; "
        '[ "$__flag" = - ] || set -- "$__flag" "$@";; '
        '-c|-[a-z]*c) if [ $# = 1 ]; then echo "$__shell: -c: option requires an argument" >&2; '
        "return 2; fi; "
        '[ -z "$__told" ] || printf "%s\\n" "$2" >&2; '
        '[ ${#1} -gt 2 ] && __flags="$__flags ${1%c}"; '
        "shift; __script=${1}x; shift; [ $# -gt 0 ] || set -- $__shell; __owlab_read; "
        'command $__shell $__flags -c "$__owlab_begin$__script" "$@"; return;; '
        "-l|--login) __login=1; shift;; -i|--norc|--noprofile|--posix) shift;; "
        "--version) __owlab_version bash; return;; "
        "-s|-) shift; case $1 in -|--) shift;; esac; break;; --) shift;; "
        '-o|+o) __flags="$__flags $1 $2"; shift 2;; '
        '-*s) __flags="$__flags ${1%s}"; shift; case $1 in -|--) shift;; esac; break;; '
        '-*|+*) __flags="$__flags $1"; shift;; '
        '*) if [ -d "$1" ]; then echo "$1: $1: Is a directory" >&2; return 126; fi; '
        'if [ -r "$1" ]; then [ -z "$__told" ] || cat "$1" >&2; '
        '__script=$(cat "$1"; printf x); __file=--file; '
        "__owlab_read; "
        'command $__shell $__flags -c "$__owlab_begin$__script" "$@"; return; fi; '
        'command $__shell $__flags "$@"; return;; esac; done; '
        f'[ -z "${HERE}" ] || {{ {HERE}=1 __owlab_inner $__login && return; }}; '
        f"__script=$({HERE}= cat; printf x); {HERE}= __owlab_read; "
        'command $__shell $__flags -c "$__owlab_begin$__script" $__shell "$@"; }; '
        'sh() { __owlab_sh sh "$@"; }; bash() { __owlab_sh bash "$@"; }; '
    )
    + HISTORY
    + HELP
    + SIGNALS
    + LEADING
)
SHELL_PATHS = ("/bin/bash", "/usr/bin/bash", "/bin/sh", "/usr/bin/sh", "/usr/bin/dash", "/bin/dash")
"""bashkit's own shells are found by name only."""
