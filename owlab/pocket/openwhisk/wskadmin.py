"""`wskadmin`: users, their keys and limits, as OpenWhisk's own tool manages them in CouchDB."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from owlab.pocket.openwhisk.databases import NAMES, primary_index
from owlab.pocket.openwhisk.service import Service
from owlab.pocket.openwhisk.subjects import Subject, Subjects, new_key

LIMITS = (
    "invocationsPerMinute", "firesPerMinute", "concurrentInvocations", "allowedKinds",
    "storeActivations",
)  # fmt: skip
RATES = (
    "invocations per minute allowed", "trigger fires per minute allowed",
    "concurrent invocations allowed",
)  # fmt: skip
MISSING = '{"error":"not_found","reason":"missing"}'
NO_DATABASE = '{"error":"not_found","reason":"Database does not exist."}'
VIEWS = "wskadmin db get: the pocket lab has the primary index of each database, and no views\n"
LOGS = "/var/log"
# So it is with this chart: nothing writes there.
ELSEWHERE = (
    "The parts of OpenWhisk log to their containers here: kubectl logs -n openwhisk POD tells it\n"
)
Ended = tuple[int, str]


def run(service: Service, argv: list[str]) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            given = _parser().parse_args(argv)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    if given.command == "db":
        return _database(service, given)
    if given.command == "syslog":
        return 0, "", _no_logs(given.components)
    status, text = COMMANDS[given.command, given.verb](service.subjects, given)
    return status, text, ""


def _database(service: Service, given: argparse.Namespace) -> tuple[int, str, str]:
    if given.view:
        if "/" not in given.view:
            text = f'view name "{given.view}" is not formatted correctly, should be design/view\n'
            return 2, text, ""
        return 2, "", VIEWS
    name = NAMES.get(given.database, given.database)
    told = f"getting contents for {name} (primary index)\n"
    found = primary_index(service, name, docs=given.docs)
    if found is None:
        return 1, f"{told}Failed to get database ({NO_DATABASE})\n", ""
    return 0, told + json.dumps(found, sort_keys=True, indent=4) + "\n", ""


def _no_logs(components: list[str]) -> str:
    paths = [f"{LOGS}/{name}/{name}_logs.log" for name in components]
    return "".join(f"cat: {path}: No such file or directory\n" for path in paths) + ELSEWHERE


def _boolean(text: str) -> bool:
    if text.lower() in ("yes", "true", "no", "false"):
        return text.lower() in ("yes", "true")
    raise argparse.ArgumentTypeError(f"{text} is not a valid boolean.")


def _parser() -> argparse.ArgumentParser:
    about = "OpenWhisk admin command line tool"
    parser = argparse.ArgumentParser("wskadmin", description=about)
    parser.add_argument("-v", "--verbose", action="store_true", help="verbose output")
    commands = parser.add_subparsers(title="available commands", dest="command", required=True)
    _user(_group(commands, "user", "manage users"))
    _limits(_group(commands, "limits", "manage namespace-specific limits"))
    verb = _verb(_group(commands, "db", "work with dbs"), "get", "get contents of database")
    verb.add_argument("database", help="the database name")
    verb.add_argument("-w", "--view", help="the view in the database to query")
    verb.add_argument("--docs", action="store_true", help="include document contents")
    verb = _verb(_group(commands, "syslog", "work with system logs"), "get", "get logs")
    verb.add_argument(
        "components", nargs="*", default=["controller0", "scheduler0", "invoker0"],
        help="controllerN, schedulerN or invokerN, N being the instance",
    )  # fmt: skip
    verb.add_argument("-t", "--tid", help="retrieve logs for the transaction id")
    verb.add_argument("-g", "--grep", help="retrieve logs that match grep expression")
    return parser


def _group(commands: Any, name: str, about: str) -> Any:
    group = commands.add_parser(name, help=about)
    return group.add_subparsers(title="available commands", dest="verb", required=True)


def _verb(verbs: Any, name: str, about: str, *words: tuple[str, str]) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = verbs.add_parser(name, help=about)
    for word, told in words:
        made.add_argument(word, help=told)
    return made


def _switch(verb: argparse.ArgumentParser, short: str, long: str, about: str) -> None:
    verb.add_argument(short, long, action="store_true", help=about)


def _user(verbs: object) -> None:
    verb = _verb(
        verbs, "create", "create a user and show authorization key",
        ("subject", "the subject to create"),
    )  # fmt: skip
    verb.add_argument("-u", "--auth", help="the subject's authorization key, as uuid:key")
    verb.add_argument("-ns", "--namespace", help="the namespace of the key, if not the subject's")
    _switch(verb, "-r", "--revoke", "revoke existing key and create a new one")
    _switch(verb, "-g", "--genonly", "show a new key, and store nothing")
    _switch(verb, "-s", "--silent", "do not show the new key")
    verb = _verb(verbs, "delete", "delete a user", ("subject", "the subject to delete"))
    verb.add_argument("-ns", "--namespace", help="delete key for given namespace only")
    verb = _verb(
        verbs, "get", "get authorization key for user", ("subject", "the subject to get key for")
    )
    verb.add_argument("-ns", "--namespace", help="the namespace of the key, if not the subject's")
    _switch(verb, "-a", "--all", "list all namespaces and their keys")
    _verb(
        verbs, "whois", "identify user from an authorization key",
        ("authkey", "the credentials to look up"),
    )  # fmt: skip
    for name in ("block", "unblock"):
        verb = _verb(verbs, name, f"{name} one or more users")
        verb.add_argument("subjects", nargs="+", help=f"one or more users to {name}")
    verb = _verb(
        verbs, "list", "list authorization keys associated with a namespace",
        ("namespace", "the namespace to lookup"),
    )  # fmt: skip
    verb.add_argument("-p", "--pick", metavar="N", type=int, default=1, help="N identities at most")
    _switch(verb, "-a", "--all", "show all identities")
    _switch(verb, "-k", "--key", "show only the keys")


def _limits(verbs: object) -> None:
    verb = _verb(
        verbs, "set", "set limits for a given namespace", ("namespace", "whose limits to set")
    )
    for name, about in zip(LIMITS, RATES, strict=False):
        verb.add_argument(f"--{name}", type=int, help=about)
    verb.add_argument("--allowedKinds", nargs="+", help="the runtimes that may be used")
    verb.add_argument("--storeActivations", type=_boolean, help="whether activations are kept")
    for name in ("get", "delete"):
        what = ("namespace", f"whose limits to {name}; without limits the system's apply")
        _verb(verbs, name, f"{name} limits for a given namespace", what)


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
