"""The values of a command line: files and ``--set`` in Helm's order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from owlab.pocket.programs.helm.files import read_bytes
from owlab.pocket.programs.helm.remote import HelmFailed
from owlab.pocket.programs.helm.repository import download
from owlab.pocket.programs.pflag import Flag

if TYPE_CHECKING:
    from owlab.pocket.programs.helm.invocation import HelmInvocation

VALUE_FLAGS = (
    Flag("values", "words", short="f", help="values in a YAML file or a URL (can be repeated)"),
    Flag("set", "strings", help="values: key1=val1,key2=val2 (can be repeated)"),
    Flag("set-string", "strings", help="STRING values: key1=val1,key2=val2 (can be repeated)"),
    Flag("set-file", "strings", help="values from files: key1=path1,key2=path2 (can be repeated)"),
    Flag(
        "set-json", "strings", help="JSON values: key1=json1, or a whole object (can be repeated)"
    ),
    Flag("set-literal", "strings", help="a literal STRING value: key=val (can be repeated)"),
)

Sources = list[list[str]]
_NEXT_KEY = re.compile(r",(?=[^,=]+=)")


async def sources(helm: HelmInvocation) -> Sources:
    """What the engine merges: ``[kind, text]``, later ones win; raises for an unreadable file."""
    found: Sources = []
    for file in helm["values"]:
        found.append(["yaml", await _text(helm, file.strip())])
    found += [["json", text] for text in helm["set-json"]]
    found += [["set", text] for text in helm["set"]]
    found += [["string", text] for text in helm["set-string"]]
    for words in helm["set-file"]:
        for word in _NEXT_KEY.split(words):
            key, equals, path = word.partition("=")
            if not equals:
                raise HelmFailed(f'failed parsing --set-file data: key "{key}" has no value')
            found.append(["literal", f"{key}={read_bytes(helm.call, path).decode()}"])
    found += [["literal", text] for text in helm["set-literal"]]
    return found


async def _text(helm: HelmInvocation, file: str) -> str:
    if file == "-":
        return (await helm.call.stdin()).decode()
    if file.startswith(("http://", "https://")):
        return download(file).decode()
    return read_bytes(helm.call, file).decode()
