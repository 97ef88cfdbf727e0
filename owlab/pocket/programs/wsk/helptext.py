"""`wsk ... --help`: laid out as wsk 1.2.0's, with its flags and its short sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from owlab.pocket.programs.flag_usages import flag_usages
from owlab.pocket.programs.pflag import Flag
from owlab.pocket.programs.wsk.flags import FLAGS, GLOBAL, PROJECT, help_flag

# An honest line where the real one has its emblem.
INTRODUCTION = "OpenWhisk cloud computing command line interface (the pocket lab's own program).\n"
HELP = "help        Help about any command"


@dataclass(frozen=True)
class Verb:
    """What a command does, and its words; more of it where one sentence is not enough."""

    about: str
    words: str = ""
    more: str = ""


ALONE = {"list": Verb("list entities in the current namespace")}
GROUPS = {
    "action": "work with actions",
    "activation": "work with activations",
    "api": "work with APIs",
    "namespace": "work with namespaces",
    "package": "work with packages",
    "project": "The OpenWhisk Project Management Tool",
    "property": "work with whisk properties",
    "rule": "work with rules",
    "sdk": "work with the sdk",
    "trigger": "work with triggers",
}
_DEPLOY = """\
Deploy what manifest.yaml (or manifest.yml) of this directory names: packages with their actions and
sequences, triggers, rules and APIs. Where there is no such file, this help is shown.

$ wsk project deploy
$ wsk project deploy --manifest FILE --deployment FILE
$ wsk project undeploy

Host and key are those of the command line, of the deployment file, of the manifest, of --config, or
of $HOME/.wskprops: the first of these that has them.
"""
_UNDEPLOY = """\
Remove what a manifest names, or all that a project has that was deployed with sync.

$ wsk project undeploy --manifest FILE
$ wsk project undeploy --projectname PROJECT
"""
_SYNC = """\
Deploy what a manifest names, and remove what an earlier sync of the same project deployed and the
manifest does not name any more.

$ wsk project sync --manifest FILE
$ wsk project sync --manifest FILE --projectname PROJECT
"""
_EXPORT = """\
Write a project that was deployed with sync to a manifest, and its functions to files beside it.

$ wsk project export --projectname PROJECT --manifest FILE
"""

VERBS: dict[str, dict[str, Verb]] = {
    "action": {
        "create": Verb("create a new action", "ACTION_NAME ACTION"),
        "update": Verb(
            "update an existing action, or create an action if it does not exist",
            "ACTION_NAME [ACTION]",
        ),
        "invoke": Verb("invoke action", "ACTION_NAME"),
        "get": Verb("get action", "ACTION_NAME [FIELD_FILTER | --summary | --url]"),
        "delete": Verb("delete action", "ACTION_NAME"),
        "list": Verb(
            "list all actions in a namespace or actions contained in a package",
            "[ NAMESPACE | PACKAGE_NAME ]",
        ),
    },
    "activation": {
        "list": Verb("list activations", "[NAMESPACE or NAME]"),
        "get": Verb("get activation", "(ACTIVATION_ID | --last) [FIELD_FILTER]"),
        "logs": Verb("get the logs of an activation", "(ACTIVATION_ID | --last)"),
        "result": Verb("get the result of an activation", "(ACTIVATION_ID | --last)"),
        "poll": Verb(
            "show the logs of activations as they come, until interrupted",
            "[ NAMESPACE | ACTION_NAME ]",
        ),
    },
    "package": {
        "create": Verb("create a new package", "PACKAGE_NAME"),
        "update": Verb(
            "update an existing package, or create a package if it does not exist", "PACKAGE_NAME"
        ),
        "bind": Verb("bind parameters to a package", "PACKAGE_NAME BOUND_PACKAGE_NAME"),
        "get": Verb("get package", "PACKAGE_NAME [FIELD_FILTER]"),
        "delete": Verb("delete package", "PACKAGE_NAME"),
        "list": Verb("list all packages", "[NAMESPACE]"),
        "refresh": Verb("refresh package bindings", "[NAMESPACE]"),
    },
    "trigger": {
        "create": Verb("create new trigger", "TRIGGER_NAME"),
        "update": Verb("update an existing trigger, or create it", "TRIGGER_NAME"),
        "fire": Verb("fire trigger event", "TRIGGER_NAME [PAYLOAD]"),
        "get": Verb("get trigger", "TRIGGER_NAME [FIELD_FILTER]"),
        "delete": Verb("delete trigger", "TRIGGER_NAME"),
        "list": Verb("list all triggers", "[NAMESPACE]"),
    },
    "rule": {
        "create": Verb("create new rule", "RULE_NAME TRIGGER_NAME ACTION_NAME"),
        "update": Verb(
            "update an existing rule, or create a rule if it does not exist",
            "RULE_NAME TRIGGER_NAME ACTION_NAME",
        ),
        "enable": Verb("enable rule", "RULE_NAME"),
        "disable": Verb("disable rule", "RULE_NAME"),
        "status": Verb("get rule status", "RULE_NAME"),
        "get": Verb("get rule", "RULE_NAME"),
        "delete": Verb("delete rule", "RULE_NAME"),
        "list": Verb("list all rules", "[NAMESPACE]"),
    },
    "property": {
        "set": Verb("set property"),
        "unset": Verb("unset property"),
        "get": Verb("get property"),
    },
    "api": {
        "create": Verb(
            "create a new API", "([BASE_PATH] API_PATH API_VERB ACTION] | --config-file CFG_FILE)"
        ),
        "list": Verb("list APIs", "[[BASE_PATH | API_NAME] [API_PATH [API_VERB]]"),
        "get": Verb("get API details", "BASE_PATH | API_NAME"),
        "delete": Verb("delete an API", "BASE_PATH | API_NAME [API_PATH [API_VERB]]"),
    },
    "project": {
        "deploy": Verb("Deploy packages that a manifest file names", more=_DEPLOY),
        "undeploy": Verb("Undeploy OpenWhisk assets from server", more=_UNDEPLOY),
        "sync": Verb("Deploy, and remove what is named no more", more=_SYNC),
        "export": Verb("Export project assets from OpenWhisk", more=_EXPORT),
    },
    "sdk": {
        "install": Verb("install SDK artifacts: docker, iOS, or bashauto", "COMPONENT"),
    },
    "namespace": {
        "list": Verb("list available namespaces"),
        "get": Verb("get triggers, actions, and rules in the registry for namespace"),
    },
}


def help_text(words: list[str]) -> str:
    """Help for the program, a command, or a verb: as far as there is such a one."""
    name = words[0] if words else ""
    if name in VERBS:
        known = len(words) > 1 and words[1] in VERBS[name]
        return _verb(name, words[1]) if known else _group(name)
    if name in ALONE:
        return _command(ALONE[name], name, FLAGS[(name,)], GLOBAL)
    if name == "help":
        told = Verb("Help for any command: wsk help, and the command's words.", "[command]")
        return _command(told, name, (), GLOBAL)
    return _program()


def usage_of(command: str, verb: str) -> str:
    """Help without what the command does."""
    return "Usage:\n" + _verb(command, verb).partition("Usage:\n")[2]


def usage_of_program() -> str:
    """The same of wsk itself."""
    return _program().removeprefix(f"{INTRODUCTION}\n")


def _program() -> str:
    rows = GROUPS | {name: verb.about for name, verb in ALONE.items()}
    listed = sorted([*(f"{name:<11} {about}" for name, about in rows.items()), HELP])
    return (
        f"{INTRODUCTION}\nUsage:\n  wsk [command]\n\n{_listed(listed)}"
        f"\nFlags:\n{flag_usages((*GLOBAL, help_flag('wsk')))}{_pointer('wsk')}"
    )


def _group(name: str) -> str:
    rows = [f"{verb:<11} {told.about}" for verb, told in sorted(VERBS[name].items())]
    own = _own(PROJECT) if name == "project" else ()
    return (
        f"{GROUPS[name]}\nUsage:\n  wsk {name} [command]\n\n{_listed(rows)}"
        f"\nFlags:\n{flag_usages((*own, help_flag(name)))}"
        f"\nGlobal Flags:\n{flag_usages(GLOBAL)}{_pointer(f'wsk {name}')}"
    )


def _verb(name: str, verb: str) -> str:
    own: tuple[Flag, ...] = FLAGS[(name, verb)]
    shared: tuple[Flag, ...] = GLOBAL
    if name == "project":
        names = {flag.name for flag in own}
        own, shared = (), (*own, *(flag for flag in GLOBAL if flag.name not in names))
    return _command(VERBS[name][verb], f"{name} {verb}", own, shared)


def _command(told: Verb, path: str, own: Iterable[Flag], shared: Iterable[Flag]) -> str:
    words = " ".join(part for part in (f"wsk {path}", told.words, "[flags]") if part)
    flags = flag_usages((*_own(own), help_flag(path.rpartition(" ")[2])))
    about = told.more or f"{told.about}\n"
    return f"{about}Usage:\n  {words}\n\nFlags:\n{flags}\nGlobal Flags:\n{flag_usages(shared)}"


def _own(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Those that are not shown as global ones."""
    names = {flag.name for flag in GLOBAL}
    return tuple(flag for flag in flags if flag.name not in names)


def _listed(rows: Iterable[str]) -> str:
    return "Available Commands:\n" + "".join(f"  {row}\n" for row in rows)


def _pointer(path: str) -> str:
    return f'\nUse "{path} [command] --help" for more information about a command.\n'
