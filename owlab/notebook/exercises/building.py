"""Exercises of notebook 08."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from owlab import observed
from owlab.command import HOST
from owlab.fact import parse_json
from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import printed
from owlab.steps import wsk
from owlab.steps.control import control


def _priced(lab: Lab, answer: object) -> list[Claim]:
    text = f"{wsk.program(lab)} action invoke shop/price --result --param amount 12"
    seen: Any = _("it cannot be called")
    with suppress(ValueError):
        seen = parse_json(printed(lab, control(lab).machine, text))
    package = printed(lab, control(lab).machine, f"{wsk.program(lab)} package get shop")
    return [
        claim(
            _("the package shop knows the currency"),
            '"currency"' in package and '"EUR"' in package,
            "wsk package get shop",
            "wsk package update shop --param currency EUR",
        ),
        claim(
            _("shop/price answers 12 EUR"),
            seen == {"text": "12 EUR"},
            json.dumps(seen, ensure_ascii=False),
            _("The currency is in args, like the amount."),
        ),
    ]


def _ordered(lab: Lab, answer: object) -> list[Claim]:
    rule = printed(lab, control(lab).machine, f"{wsk.program(lab)} rule get ordered")
    names = [row["action"] for row in observed.activations(lab, 60)]
    return [
        claim(
            _("the rule ordered is active"),
            '"active"' in rule,
            "wsk rule get ordered",
            "wsk rule update ordered order shop/price",
        ),
        claim(
            _("the trigger order was fired, and price was called"),
            {"order", "price"} <= set(names),
            ", ".join(sorted(set(names))[:8]) or _("no activation"),
            _("wsk trigger fire order --param amount 7; then give it a second."),
        ),
    ]


def _listed(lab: Lab, answer: object) -> list[Claim]:
    url = f"https://{lab.address(lab.master)}:{lab.config.openwhisk.port}"
    said = printed(lab, HOST, f"curl -sSk '{url}/api/v1/web/guest/links/all?probe=secret'")
    seen: Any = None
    with suppress(ValueError):
        seen = json.loads(said)
    return [
        claim(
            _("links/all answers with the table"),
            isinstance(seen, dict)
            and bool(seen)
            and all(str(v).startswith("http") for v in seen.values()),
            said[:200] or _("no answer"),
            _('A web action of the package links: "body": args.get("table", {}).'),
        ),
        claim(
            _("it shows nothing else"),
            isinstance(seen, dict) and not any(k.startswith("__ow") or k == "probe" for k in seen),
            _("asked with ?probe=secret"),
            _("Return the table, never args."),
        ),
    ]


JUDGES = {"08.1": _priced, "08.2": _ordered, "08.3": _listed}
