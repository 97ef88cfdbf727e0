"""Whether a rule of a role is about what is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.authorization.attributes import Attributes

_ALL = "*"


def allows(rule: Object, asked: Attributes) -> bool:
    """The rule gives what is asked."""
    if not _has(rule.get("verbs"), asked.verb):
        return False
    if not asked.resource:
        return any(_path_matches(url, asked.path) for url in rule.get("nonResourceURLs") or ())
    names = rule.get("resourceNames") or ()
    return (
        _has(rule.get("apiGroups"), asked.group)
        and _has_resource(rule.get("resources") or (), asked)
        and (not names or asked.name in names)
    )


def _has(values: Iterable[str] | None, wanted: str) -> bool:
    return any(value in (_ALL, wanted) for value in values or ())


def _has_resource(resources: Iterable[str], asked: Attributes) -> bool:
    known = {_ALL, asked.whole_resource}
    if asked.subresource:
        known.add(f"*/{asked.subresource}")
    return any(resource in known for resource in resources)


def _path_matches(url: str, path: str) -> bool:
    if url.endswith(_ALL):
        return path.startswith(url[:-1])
    return url == path


def pieces(rule: Object) -> Iterator[Object]:
    """The smallest rules that a rule is made of: one verb on one resource, name or URL."""
    for verb in rule.get("verbs") or ():
        for url in rule.get("nonResourceURLs") or ():
            yield {"verbs": [verb], "nonResourceURLs": [url]}
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                piece = {"verbs": [verb], "apiGroups": [group], "resources": [resource]}
                names = rule.get("resourceNames") or ()
                yield from ({**piece, "resourceNames": [name]} for name in names)
                if not names:
                    yield piece


def covers(held: Iterable[Object], piece: Object) -> bool:
    """One of the rules that somebody holds gives the whole of a smallest rule."""
    verb = piece["verbs"][0]
    for rule in held:
        if not _has(rule.get("verbs"), verb):
            continue
        if "nonResourceURLs" in piece:
            url = piece["nonResourceURLs"][0]
            if any(_path_matches(have, url) for have in rule.get("nonResourceURLs") or ()):
                return True
            continue
        if not _has(rule.get("apiGroups"), piece["apiGroups"][0]):
            continue
        resource, _, sub = piece["resources"][0].partition("/")
        if not _has_resource(rule.get("resources") or (), Attributes(verb, "", resource, sub)):
            continue
        names = rule.get("resourceNames") or ()
        if not names or set(piece.get("resourceNames") or ("",)) <= set(names):
            return True
    return False
