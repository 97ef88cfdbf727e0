"""An OpenWhisk that was just deployed, as wsk shows it, against a golden file.

``make goldens`` rewrites it: read the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..openwhisk.conftest import GUEST
from .conftest import Shell

GOLDEN = Path(__file__).parents[2] / "golden" / "told" / "new_openwhisk.txt"
REWRITE = bool(os.environ.get("OWLAB_REWRITE_GOLDENS"))
PACKAGES = ("alarms", "utils", "samples", "slack", "github", "watson-textToSpeech", "websocket")
LINES = (
    "wsk list",
    "wsk namespace list",
    "wsk property get --apiversion --namespace",
    "wsk package list /whisk.system",
    "wsk action list /whisk.system",
    *(f"wsk package get /whisk.system/{name} --summary" for name in PACKAGES),
    *(f"wsk package get /whisk.system/{name}" for name in PACKAGES),
    "echo 'function main() { return {} }' > f.js; wsk action create f f.js",
    "wsk action get f",
    "wsk action create g f.js -t 1000 -m 128 -l 1 -c 2 -a a 1 -p b true --web true",
    "wsk action get g",
    "wsk action create s --sequence f,g; wsk action get s",
    "wsk trigger create t -p a 1; wsk trigger get t",
    "wsk rule create r t f; wsk rule get r",
    "wsk package create p -p a 1 -a b 2; wsk package get p",
    "wsk package bind p q -p c 3; wsk package get q",
    "wsk action create p/h f.js --kind nodejs:default --main x; wsk action get p/h",
    "wsk list; wsk action list; wsk package list; wsk trigger list; wsk rule list",
    "wsk activation list",
    "wsk trigger fire t; wsk api list",
)


def masked(text: str, host: str) -> str:
    text = text.replace(host, "HOST").replace(GUEST, "KEY")
    text = re.sub(r'("(?:updated|start|end|build|buildno)": )"?[\w.: -]+"?', r"\1TIME", text)
    return re.sub(r"\b[0-9a-f]{32}\b", "ID", text)


async def test_all_that_is_told(shell: Shell, configured: str) -> None:
    await shell(f"wsk property set --apihost {configured} --auth {GUEST}")
    shown = []
    for line in LINES:
        ran = await shell(line.replace("wsk ", "wsk -i "))
        ended = f"[{ran.status}]\n" if ran.status else ""
        shown.append(f"$ {line}\n{ran.out}{ran.err}{ended}\n")
    text = masked("".join(shown), configured)
    if REWRITE:
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")
