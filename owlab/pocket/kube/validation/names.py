"""Names, labels and annotations."""

from __future__ import annotations

import re

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.validation.causes import Causes, wrong

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_KEY})?"
_ENDS = "and must start and end with an alphanumeric character"
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    f"'.', {_ENDS} (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    f"{_ENDS} (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    f"regex used for validation is '{_LABEL_1035}')"
)
_KEY_TEXT = (
    f"must consist of alphanumeric characters, '-', '_' or '.', {_ENDS} (e.g. 'MyName',"
    f"  or 'my.name',  or '123-abc', regex used for validation is '{_KEY}')"
)
_QUALIFIED = (
    f", '-', '_' or '.', {_ENDS} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    f"validation is '{_KEY}') with an optional DNS subdomain prefix and '/' (e.g. "
    "'example.com/MyName')"
)
_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
    f" {_ENDS} (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'{_VALUE}')"
)
_FREE = {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "APIService"}
_JOB_NAME = 11
"""Characters that a CronJob's name leaves to the names of its Jobs."""


def metadata(kind: Kind, obj: Object) -> Causes:
    """The name, the labels and the annotations of an object."""
    meta = obj["metadata"]
    name = meta.get("name")
    if not name and not meta.get("generateName"):
        return [("metadata.name", "Required value: name or generateName is required")]
    causes = [("metadata.name", text) for text in _name(kind, name)] if name else []
    return [
        *causes,
        *labels(meta.get("labels") or {}, "metadata.labels"),
        *(
            ("metadata.annotations", text)
            for key in meta.get("annotations") or {}
            for text in _key(key.lower())
        ),
    ]


def _name(kind: Kind, name: str) -> list[str]:
    if kind.built_in in _FREE:
        bad = next((c for c in ("/", "%") if c in name), None)
        return [wrong(name, f"may not contain '{bad}'")] if bad else []
    if kind.built_in == "Namespace":
        return label(name)
    if kind.built_in == "Service":
        return _wrong(name, _LABEL_1035, 63, _LABEL_1035_TEXT)
    if kind.built_in == "CronJob" and len(name) > 63 - _JOB_NAME:
        return [wrong(name, f"must be no more than {63 - _JOB_NAME} characters")]
    return subdomain(name)


def label(name: str) -> list[str]:
    """What is wrong with a name that is to be an RFC 1123 label."""
    return _wrong(name, _LABEL, 63, _LABEL_TEXT)


def subdomain(name: str) -> list[str]:
    """What is wrong with a name that is to be an RFC 1123 subdomain."""
    return _wrong(name, _SUBDOMAIN, 253, _SUBDOMAIN_TEXT)


def labels(found: Object, field: str) -> Causes:
    """What is wrong with labels."""
    causes: Causes = []
    for key, value in found.items():
        causes += [(field, text) for text in _key(key)]
        causes += [(field, text) for text in _wrong(value, _VALUE, 63, _VALUE_TEXT)]
    return causes


def _key(key: str) -> list[str]:
    prefix, slash, name = key.rpartition("/")
    said = []
    if "/" in prefix:
        said = [f"a qualified name must consist of alphanumeric characters{_QUALIFIED}"]
    elif slash and not prefix:
        said = ["prefix part must be non-empty"]
    elif slash and not re.fullmatch(_SUBDOMAIN, prefix):
        said = [f"prefix part {_SUBDOMAIN_TEXT}"]
    if not name:
        said.append("name part must be non-empty")
    elif "/" not in prefix:
        said += [f"name part {text}" for text in _fits(name, _KEY, 63, _KEY_TEXT)]
    return [wrong(key, text) for text in said]


def _wrong(name: str, pattern: str, limit: int, text: str) -> list[str]:
    return [wrong(name, said) for said in _fits(name, pattern, limit, text)]


def _fits(name: str, pattern: str, limit: int, text: str) -> list[str]:
    said = [] if len(name) <= limit else [f"must be no more than {limit} bytes"]
    return said if re.fullmatch(pattern, name) else [*said, text]
