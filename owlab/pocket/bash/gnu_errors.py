"""Errors of the interpreter's own tools, in the words of GNU's.

bashkit's tools tell a file's whole path where GNU's tell the word that was typed, and quote as in
the C locale.
"""

from __future__ import annotations

import re

FILE = re.compile(
    r"^(sort|uniq|wc|cut|paste|nl|tac|rev|shuf|column): (/.*): "
    r"(No such file or directory|Is a directory|Permission denied)$",
    re.M,
)
FORMS = {
    ("sort", "No such file or directory"): "sort: cannot read: {}: {}",
    ("sort", "Permission denied"): "sort: cannot read: {}: {}",
    ("sort", "Is a directory"): "sort: read failed: {}: {}",
    ("tac", "No such file or directory"): "tac: failed to open '{}' for reading: {}",
    ("tac", "Permission denied"): "tac: failed to open '{}' for reading: {}",
    ("tac", "Is a directory"): "tac: {}: read error: {}",
    ("rev", "No such file or directory"): "rev: cannot open {}: {}",
    ("rev", "Permission denied"): "rev: cannot open {}: {}",
}
UNWRITTEN = re.compile(r"^bash: execution error: output sink: \w+: ", re.M)
QUOTED = re.compile(
    r"^(comm|join|numfmt|seq|paste|fold|fmt|expand|tsort|factor|uniq|tr|cut): "
    r"((?:missing|extra) operand(?: after)?|invalid [a-z ]+:|unknown [a-z ]+:)( '([^'\n]*)')?"
    r"(\nTry '.*)?$",
    re.M,
)


def gnu(data: bytes, script: str) -> bytes:
    """The errors as GNU's tools print them.

    :param script: what was typed, which has the names of files.
    """

    def named(found: re.Match[str]) -> str:
        name, path, reason = found[1], found[2], found[3]
        form = FORMS.get((name, reason), f"{name}: {{}}: {{}}")
        return form.format(typed(path, script), reason)

    def quoted(found: re.Match[str]) -> str:
        name, what, word, try_ = found[1], found[2], found[4], found[5]
        shown = f" ‘{word}’" if found[3] else ""
        more = try_ or (f"\nTry '{name} --help' for more information." if "oper" in what else "")
        return f"{name}: {what}{shown}{more}"

    if b": " not in data:
        return data
    text = data.decode(errors="surrogateescape")
    text = UNWRITTEN.sub("bash: write error: ", text)
    return QUOTED.sub(quoted, FILE.sub(named, text)).encode(errors="surrogateescape")


def typed(path: str, script: str) -> str:
    """As much of a path's end as stands in the script."""
    if path in script:
        return path
    parts = path.split("/")
    ends = ["/".join(parts[at:]) for at in range(1, len(parts))]
    # A name in a variable, or from a pattern, stands nowhere: it is the last part.
    return next((end for end in ends if end in script), parts[-1])
