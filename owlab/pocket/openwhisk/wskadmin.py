"""`wskadmin`: users, their keys and limits, as OpenWhisk's own tool manages them in CouchDB."""

from __future__ import annotations

import argparse
import contextlib
import io
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from owlab.pocket.openwhisk.subjects import Subject, Subjects, new_key

LIMITS = (
    "invocationsPerMinute", "firesPerMinute", "concurrentInvocations", "allowedKinds",
    "storeActivations",
)  # fmt: skip
MISSING = '{"error":"not_found","reason":"missing"}'
ELSEWHERE = "wskadmin %s is not part of the pocket lab: it would read CouchDB and log files\n"
Ended = tuple[int, str]


def run(subjects: Subjects, argv: list[str]) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            given = _parser().parse_args(argv)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    if given.command in ("db", "syslog"):
        return 2, "", ELSEWHERE % given.command
    status, text = COMMANDS[given.command, given.verb](subjects, given)
    return status, text, ""


def _boolean(text: str) -> bool:
    if text.lower() in ("yes", "true", "no", "false"):
        return text.lower() in ("yes", "true")
    raise argparse.ArgumentTypeError(f"{text} is not a valid boolean.")


def _parser() -> argparse.ArgumentParser:
    about = "OpenWhisk admin command line tool"
    parser = argparse.ArgumentParser("wskadmin", description=about)
    parser.add_argument("-v", "--verbose", action="store_true", help="verbose output")
    commands = parser.add_subparsers(title="available commands", dest="command", required=True)
    user = commands.add_parser("user", help="manage users")
    verbs = user.add_subparsers(title="available commands", dest="verb", required=True)
    verb = verbs.add_parser("create", help="create a user and show authorization key")
    verb.add_argument("subject")
    verb.add_argument("-u", "--auth")
    verb.add_argument("-ns", "--namespace")
    for short, long in (("-r", "--revoke"), ("-g", "--genonly"), ("-s", "--silent")):
        verb.add_argument(short, long, action="store_true")
    verb = verbs.add_parser("delete", help="delete a user")
    verb.add_argument("subject")
    verb.add_argument("-ns", "--namespace")
    verb = verbs.add_parser("get", help="get authorization key for user")
    verb.add_argument("subject")
    verb.add_argument("-ns", "--namespace")
    verb.add_argument("-a", "--all", action="store_true")
    verbs.add_parser("whois", help="identify user from a key").add_argument("authkey")
    for name in ("block", "unblock"):
        verb = verbs.add_parser(name, help=f"{name} one or more users")
        verb.add_argument("subjects", nargs="+")
    verb = verbs.add_parser("list", help="list authorization keys associated with a namespace")
    verb.add_argument("namespace")
    verb.add_argument("-p", "--pick", type=int, default=1)
    verb.add_argument("-a", "--all", action="store_true")
    verb.add_argument("-k", "--key", action="store_true")
    limits = commands.add_parser("limits", help="manage namespace-specific limits")
    verbs = limits.add_subparsers(title="available commands", dest="verb", required=True)
    verb = verbs.add_parser("set", help="set limits for a given namespace")
    verb.add_argument("namespace")
    for name in LIMITS[:3]:
        verb.add_argument(f"--{name}", type=int)
    verb.add_argument("--allowedKinds", nargs="+")
    verb.add_argument("--storeActivations", type=_boolean)
    for name in ("get", "delete"):
        verbs.add_parser(name, help=f"{name} limits for a given namespace").add_argument(
            "namespace"
        )
    for name in ("db", "syslog"):
        commands.add_parser(name).add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _of(subjects: Subjects, subject: str) -> list[Subject]:
    return [entry for entry in subjects.all() if entry.subject == subject]


def _create(subjects: Subjects, given: argparse.Namespace) -> Ended:
    subject = given.subject.strip()
    if len(subject) < 5:
        return 2, "Subject name must be at least 5 characters\n"
    namespace = subject if given.namespace is None else given.namespace.strip()
    if not namespace:
        return 2, "Namespace must not be empty\n"
    key = given.auth or new_key()
    if given.auth:
        identifier, colon, secret = given.auth.partition(":")
        try:
            uuid.UUID(identifier, version=4)
        except ValueError:
            return 2, "authorization id is not a valid UUID\n"
        if not colon:
            return 2, "failed to determine authorization id and key: list index out of range\n"
        if len(secret) < 64:
            return 2, "authorization key must be at least 64 characters long\n"
    if given.genonly:
        return 0, f"{key}\n"
    known = _of(subjects, subject)
    if any(entry.blocked for entry in known):
        return 1, "The subject you want to edit is blocked\n"
    taken = subjects.find(namespace)
    if taken is not None and taken.subject != subject:
        return 1, f'Failed to create subject (namespace "{namespace}" is that of another)\n'
    if taken is not None and not given.revoke:
        return 1, "Namespace already exists\n"
    limits = taken.limits if taken is not None else {}
    subjects.put(Subject(subject, namespace, key, limits=limits))
    return 0, "" if given.silent else f"{key}\n"


def _delete(subjects: Subjects, given: argparse.Namespace) -> Ended:
    known = _of(subjects, given.subject.strip())
    if not known:
        return 1, f"Failed to delete subject ({MISSING})\n"
    if given.namespace is None:
        for entry in known:
            subjects.remove(entry.namespace)
        return 0, "Subject deleted\n"
    namespace = given.namespace.strip()
    if not any(entry.namespace == namespace for entry in known):
        return 1, f'Namespace "{namespace}" does not exist for "{given.subject.strip()}"\n'
    subjects.remove(namespace)
    return 0, "Namespace deleted\n"


def _get(subjects: Subjects, given: argparse.Namespace) -> Ended:
    known = _of(subjects, given.subject)
    if not known:
        return 1, f"Failed to get subject ({MISSING})\n"
    if given.all:
        return 0, "".join(f"{entry.namespace}\t{entry.key}\n" for entry in known)
    namespace = given.subject if given.namespace is None else given.namespace
    for entry in known:
        if entry.namespace == namespace:
            return 0, f"{entry.key}\n"
    return 1, f'namespace "{namespace}" not found for "{given.subject}"\n'


def _whois(subjects: Subjects, given: argparse.Namespace) -> Ended:
    for entry in subjects.all():
        if entry.key == given.authkey and not entry.blocked:
            return 0, f"subject: {entry.subject}\nnamespace: {entry.namespace}\n"
    return 0, "Subject id is not recognized\n"


def _list(subjects: Subjects, given: argparse.Namespace) -> Ended:
    if given.pick < 1:
        return 2, "pick at least 1 identity to show\n"
    found = [e for e in subjects.all() if e.namespace == given.namespace and not e.blocked]
    if not found:
        return 0, f'no identities found for namespace "{given.namespace}"\n'
    shown = found if given.all else found[: given.pick]
    return 0, "".join(e.key + ("" if given.key else f"\t{e.subject}") + "\n" for e in shown)


def _blocking(verb: str, blocked: bool) -> Callable[[Subjects, argparse.Namespace], Ended]:
    def run(subjects: Subjects, given: argparse.Namespace) -> Ended:
        text, failed = "", 0
        for subject in filter(None, (name.strip() for name in given.subjects)):
            known = _of(subjects, subject)
            for entry in known:
                subjects.put(replace(entry, blocked=blocked))
            if known:
                text += f'"{subject}" {verb}ed successfully\n'
            else:
                text += f'Failed to {verb} "{subject}" ({MISSING})\n'
                failed += 1
        return failed, text

    return run


def _set_limits(subjects: Subjects, given: argparse.Namespace) -> Ended:
    entry = subjects.find(given.namespace)
    if entry is None:
        return 1, f'Failed to set limits (namespace "{given.namespace}" does not exist)\n'
    chosen: dict[str, Any] = {
        name: value for name in LIMITS if (value := getattr(given, name)) is not None
    }
    subjects.put(replace(entry, limits=entry.limits | chosen))
    return 0, f'Limits successfully set for "{given.namespace}"\n'


def _get_limits(subjects: Subjects, given: argparse.Namespace) -> Ended:
    limits = subjects.limits(given.namespace)
    if not limits:
        return 0, "No limits found, default system limits apply\n"
    return 0, "".join(f"{name} = {limits[name]}\n" for name in LIMITS if name in limits)


def _delete_limits(subjects: Subjects, given: argparse.Namespace) -> Ended:
    entry = subjects.find(given.namespace)
    if entry is None or not entry.limits:
        return 1, f"Failed to delete limits ({MISSING})\n"
    subjects.put(replace(entry, limits={}))
    return 0, "Limits deleted\n"


COMMANDS: dict[tuple[str, str], Callable[[Subjects, argparse.Namespace], Ended]] = {
    ("user", "create"): _create,
    ("user", "delete"): _delete,
    ("user", "get"): _get,
    ("user", "whois"): _whois,
    ("user", "list"): _list,
    ("user", "block"): _blocking("block", True),
    ("user", "unblock"): _blocking("unblock", False),
    ("limits", "set"): _set_limits,
    ("limits", "get"): _get_limits,
    ("limits", "delete"): _delete_limits,
}
