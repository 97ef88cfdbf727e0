"""Exercises of notebook 07."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from owlab.command import HOST
from owlab.fact import parse_json
from owlab.lab import Lab
from owlab.notebook import read
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import printed
from owlab.steps import wsk
from owlab.steps.control import control


def _result(lab: Lab, action: str, parameters: str) -> Any:
    here = control(lab)
    text = f"{wsk.program(lab)} action invoke {action} --result {parameters} 2>&1"
    with suppress(ValueError):
        return parse_json(printed(lab, here.machine, text))
    return "it cannot be called"


def _square(lab: Lab, _: Any) -> list[Claim]:
    pairs = ((12, 144), (-3, 9))
    seen = [_result(lab, "square", f"--param n {n}") for n, _ in pairs]
    return [
        claim(
            "square answers with the square of n, as result",
            seen == [{"result": right} for _, right in pairs],
            [f"n = {n}: {json.dumps(one)}" for (n, _), one in zip(pairs, seen, strict=True)],
            'A function main(args) that returns {"result": ...}; wsk action update square FILE.',
        )
    ]


def _logged(lab: Lab, _: Any) -> list[Claim]:
    mine = [row for row in read.activations(lab, 60) if row["action"] == "talker"]
    here = control(lab)
    logs = ""
    if mine:
        text = f"{wsk.program(lab)} activation logs {mine[0]['activation']}"
        logs = printed(lab, here.machine, text)
    return [
        claim(
            "talker was called", bool(mine), f"{len(mine)} activations", "wsk action invoke talker"
        ),
        claim(
            "it logged `I was here`",
            "I was here" in logs,
            logs or "no logs",
            "print() in Python, console.log() in JavaScript.",
        ),
    ]


def _page(lab: Lab, _: Any) -> list[Claim]:
    base = f"https://{lab.address(lab.master)}:{lab.config.openwhisk.port}"
    url = f"{base}/api/v1/web/guest/default/greet"
    kind = printed(
        lab, HOST, f"curl -sSk -o /dev/null -w '%{{http_code}} %{{content_type}}' '{url}?name=Ada'"
    )
    body = printed(lab, HOST, f"curl -sSk '{url}?name=Ada'")
    return [
        claim(
            "the URL answers with a page",
            kind.startswith("200 text/html"),
            kind or "no answer",
            '"headers": {"Content-Type": "text/html"}, and --web true.',
        ),
        claim(
            "the page greets whoever is named",
            "Ada" in body,
            body or "empty",
            'args["name"], in "body".',
        ),
    ]


def _pipeline(lab: Lab, _: Any) -> list[Claim]:
    kind = str(read.action(lab, "shout").get("exec", {}).get("kind", "not there"))
    seen = _result(lab, "shout", "--param text 'hello there'")
    return [
        claim("shout is a sequence", kind == "sequence", kind, "--sequence first,second"),
        claim(
            "it makes HELLO THERE! of `hello there`",
            seen == {"text": "HELLO THERE!"},
            json.dumps(seen),
            "Each function takes text and returns text.",
        ),
    ]


JUDGES = {"07.1": _square, "07.2": _logged, "07.3": _page, "07.4": _pipeline}
