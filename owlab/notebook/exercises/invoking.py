"""Exercises of notebook 07."""

from __future__ import annotations

import json
from typing import Any

from owlab import observed
from owlab.command import HOST, Command
from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import printed
from owlab.steps import replies, wsk
from owlab.steps.control import control


def _result(lab: Lab, action: str, parameters: str) -> Any:
    here = control(lab)
    text = f"{wsk.program(lab)} action invoke {action} --result {parameters}"
    called = lab.read(Command(text, on=here.machine))
    answer = replies.result_of(called)
    return replies.reason(called) if answer is None else answer


def _square(lab: Lab, answer: object) -> list[Claim]:
    pairs = ((12, 144), (-3, 9))
    seen = [_result(lab, "square", f"--param n {n}") for n, _square in pairs]
    return [
        claim(
            _("square answers with the square of n, as result"),
            seen == [{"result": right} for _n, right in pairs],
            [
                f"n = {n}: {json.dumps(one, ensure_ascii=False)}"
                for (n, _right), one in zip(pairs, seen, strict=True)
            ],
            _('A function main(args) that returns {"result": ...}; wsk action update square FILE.'),
        )
    ]


def _logged(lab: Lab, answer: object) -> list[Claim]:
    mine = [row for row in observed.activations(lab, 60) if row["action"] == "talker"]
    here = control(lab)
    logs = ""
    if mine:
        text = f"{wsk.program(lab)} activation logs {mine[0]['activation']}"
        logs = printed(lab, here.machine, text)
    return [
        claim(
            _("talker was called"),
            bool(mine),
            _("{count} activations").format(count=len(mine)),
            "wsk action invoke talker",
        ),
        claim(
            _("it logged `I was here`"),
            "I was here" in logs,
            logs or _("no logs"),
            _("print() in Python, console.log() in JavaScript."),
        ),
    ]


def _page(lab: Lab, answer: object) -> list[Claim]:
    base = f"https://{lab.address(lab.master)}:{lab.config.openwhisk.port}"
    url = f"{base}/api/v1/web/guest/default/greet"
    kind = printed(
        lab, HOST, f"curl -sSk -o /dev/null -w '%{{http_code}} %{{content_type}}' '{url}?name=Ada'"
    )
    body = printed(lab, HOST, f"curl -sSk '{url}?name=Ada'")
    return [
        claim(
            _("the URL answers with a page"),
            kind.startswith("200 text/html"),
            kind or _("no answer"),
            _('"headers": {"Content-Type": "text/html"}, and --web true.'),
        ),
        claim(
            _("the page greets whoever is named"),
            "Ada" in body,
            body or _("empty"),
            _('args["name"], in "body".'),
        ),
    ]


def _pipeline(lab: Lab, answer: object) -> list[Claim]:
    kind = str(observed.action(lab, "shout").get("exec", {}).get("kind", "not there"))
    seen = _result(lab, "shout", "--param text 'hello there'")
    return [
        claim(_("shout is a sequence"), kind == "sequence", kind, _("--sequence first,second")),
        claim(
            _("it makes HELLO THERE! of `hello there`"),
            seen == {"text": "HELLO THERE!"},
            json.dumps(seen, ensure_ascii=False),
            _("Each function takes text and returns text."),
        ),
    ]


JUDGES = {"07.1": _square, "07.2": _logged, "07.3": _page, "07.4": _pipeline}
