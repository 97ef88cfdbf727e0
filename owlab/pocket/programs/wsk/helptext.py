"""`wsk ... --help`: what each command takes. Flags and their meaning as in wsk 1.2.0."""

from __future__ import annotations

from dataclasses import dataclass

_ABOUT = {
    "annotation": ("-a, --annotation KEY VALUE", "an annotation, as JSON or text; repeatable"),
    "annotation-file": ("-A, --annotation-file FILE", "a file with annotations as JSON"),
    "param": ("-p, --param KEY VALUE", "a parameter, as JSON or text; repeatable"),
    "param-file": ("-P, --param-file FILE", "a file with parameters as JSON"),
    "kind": ("    --kind KIND", "the runtime, such as nodejs:14 or python:3; told from the file"),
    "main": ("    --main NAME", "the function that is called, if it is not main"),
    "web": ("    --web SETTING", "true, false (no, yes) or raw: call it over the web"),
    "web-secure": ("    --web-secure SECRET", "true, false, or a key that web calls must send"),
    "memory": ("-m, --memory MB", "the most memory that it may use (256)"),
    "timeout": ("-t, --timeout MS", "the longest time that it may take (60000)"),
    "logsize": ("-l, --logsize MB", "the most that it may log (10)"),
    "concurrency": ("-c, --concurrency N", "calls that one container may serve at once (1)"),
    "sequence": ("    --sequence", "a sequence: the names of actions in place of a file"),
    "copy": ("    --copy", "a copy of another action"),
    "blocking": ("-b, --blocking", "wait for the result"),
    "result": ("-r, --result", "wait, and print the function's answer only"),
    "limit": ("-l, --limit N", "so many (30)"),
    "skip": ("-s, --skip N", "leave out the first ones"),
    "name-sort": ("-n, --name-sort", "sort by name"),
    "full": ("-f, --full", "whole records, not a line each"),
    "since": ("    --since MS", "after this time, in milliseconds since 1970"),
    "upto": ("    --upto MS", "before this time"),
    "last": ("-l, --last", "the newest activation"),
    "strip": ("-r, --strip", "without time and stream in front"),
    "exit": ("-e, --exit SECONDS", "end after this time"),
    "summary": ("-s, --summary", "a description, from its annotations"),
    "url": ("-r, --url", "the address of the action"),
    "logs": ("-g, --logs", "its logs only, without times and streams"),
    "docker": ("    --docker IMAGE", "run an image: the lab has those of the runtimes only"),
    "native": ("    --native", "run an executable, alone or in a zip file as 'exec'"),
    "del-annotation": ("    --del-annotation KEY", "remove an annotation; repeatable"),
    "overwrite": ("-o, --overwrite", "replace a binding that exists"),
    "feed-param": ("-F, --feed-param KEY VALUE", "a parameter of the feed; repeatable"),
    "trigger-param": ("-T, --trigger-param KEY VALUE", "a parameter of the trigger; repeatable"),
    "apiname": ("-n, --apiname NAME", "a name for the API (its base path)"),
    "config-file": ("-c, --config-file FILE", "a swagger file, JSON or YAML"),
    "response-type": ("    --response-type TYPE", "html, http, json, text or svg (json)"),
    "format": ("    --format TYPE", "json or yaml (json)"),
    "manifest": ("    --manifest FILE", "the manifest (manifest.yaml)"),
    "project": ("    --project DIRECTORY", "where the manifest is (.)"),
    "projectname": ("    --projectname NAME", "the project's name"),
    "deployment": ("    --deployment FILE", "values for the manifest's entities (deployment.yaml)"),
    "config": ("    --config FILE", "host and key, in place of ~/.wskprops"),
    "strict": ("    --strict", "take runtimes that the server does not list"),
    "of-namespace": ("-n, --namespace NAME", "another namespace than the key's"),
    "client-key": ("-k, --key FILE", "the client's key: refused, the lab asks for none"),
    "client-cert": ("-c, --cert FILE", "the client's certificate: refused, the lab asks for none"),
    "stdout": ("-s, --stdout", "print the Bash completion in place of writing it"),
    "apiversion": ("    --apiversion", "the version of the API"),
    "cert": ("    --cert", "the client's certificate"),
    "key": ("    --key", "the client's key"),
    "apibuild": ("    --apibuild", "when OpenWhisk was built"),
    "apibuildno": ("    --apibuildno", "the number of that build"),
    "preview": ("    --preview", "show what would be deployed"),
    "since-days": ("    --since-days DAYS", "begin so many days ago"),
    "since-hours": ("    --since-hours HOURS", "begin so many hours ago"),
    "since-minutes": ("    --since-minutes MINUTES", "begin so many minutes ago"),
    "since-seconds": ("    --since-seconds SECONDS", "begin so many seconds ago"),
    "save": ("    --save", "write its code to a file"),
    "save-as": ("    --save-as FILE", "write its code to this file"),
    "shared": ("    --shared SETTING", "yes or no: for other namespaces"),
    "feed": ("-f, --feed ACTION", "the feed that fires it"),
    "disable": ("    --disable", "disable it first"),
    "all": ("    --all", "everything"),
    "apihost": ("    --apihost HOST", "the address of OpenWhisk"),
    "auth": ("-u, --auth KEY", "the key of the namespace"),
    "namespace": ("    --namespace", "the namespace of the key"),
    "cliversion": ("    --cliversion", "the version of wsk"),
    "output": ("-o, --output FORMAT", "json, or raw: the value only"),
}


@dataclass(frozen=True)
class Verb:
    """What a command does, its words, and its flags."""

    about: str
    words: str = ""
    flags: tuple[str, ...] = ()


_GIVEN = ("param", "param-file", "annotation", "annotation-file")
_CODE = (*_GIVEN, "kind", "main", "web", "web-secure", "sequence", "copy", "docker", "native")
_LIMITS = ("memory", "timeout", "logsize", "concurrency")
_PAGES = ("limit", "skip", "name-sort")
_SPAN = ("since", "upto")
_AGO = ("since-days", "since-hours", "since-minutes", "since-seconds")
_LOOK = ("summary",)
_FEEDS = ("feed-param", "trigger-param")
_SHOWN = ("apiversion", "cert", "key")
_PROJECT = (
    "manifest", "deployment", "project", "projectname", "param", "param-file", "config", "strict",
    "preview", "of-namespace", "client-key", "client-cert",
)  # fmt: skip

VERBS: dict[str, dict[str, Verb]] = {
    "action": {
        "create": Verb("create a new action", "ACTION_NAME ACTION", (*_CODE, *_LIMITS)),
        "update": Verb(
            "update an action, or create it", "ACTION_NAME [ACTION]",
            (*_CODE, *_LIMITS, "del-annotation"),
        ),
        "invoke": Verb(
            "invoke an action", "ACTION_NAME", ("blocking", "result", "param", "param-file")
        ),
        "get": Verb(
            "get an action", "ACTION_NAME [FIELD]", ("summary", "url", "save", "save-as")
        ),
        "delete": Verb("delete an action", "ACTION_NAME"),
        "list": Verb("list actions", "[NAMESPACE or PACKAGE]", _PAGES),
    },
    "activation": {
        "list": Verb(
            "list activations", "[ACTION_NAME]", ("limit", "skip", "full", *_SPAN)
        ),
        "get": Verb("get an activation", "[ACTIVATION_ID] [FIELD]", ("last", "logs", "summary")),
        "logs": Verb("get the logs of an activation", "[ACTIVATION_ID]", ("last", "strip")),
        "result": Verb("get the result of an activation", "[ACTIVATION_ID]", ("last",)),
        "poll": Verb(
            "show activations with their logs as they come", "[ACTION_NAME]", ("exit", *_AGO)
        ),
    },
    "package": {
        "create": Verb("create a new package", "PACKAGE_NAME", (*_GIVEN, "shared")),
        "update": Verb("update a package, or create it", "PACKAGE_NAME", (*_GIVEN, "shared")),
        "bind": Verb(
            "bind parameters to a package", "PACKAGE_NAME BOUND_NAME", (*_GIVEN, "overwrite")
        ),
        "get": Verb("get a package", "PACKAGE_NAME [FIELD]", _LOOK),
        "delete": Verb("delete a package", "PACKAGE_NAME"),
        "list": Verb("list packages", "[NAMESPACE]", _PAGES),
        "refresh": Verb("refresh package bindings", "[NAMESPACE]"),
    },
    "trigger": {
        "create": Verb("create a new trigger", "TRIGGER_NAME", (*_GIVEN, *_FEEDS, "feed")),
        "update": Verb("update a trigger, or create it", "TRIGGER_NAME", (*_GIVEN, *_FEEDS)),
        "fire": Verb("fire a trigger", "TRIGGER_NAME", ("param", "param-file")),
        "get": Verb("get a trigger", "TRIGGER_NAME [FIELD]", _LOOK),
        "delete": Verb("delete a trigger", "TRIGGER_NAME"),
        "list": Verb("list triggers", "[NAMESPACE]", _PAGES),
    },
    "rule": {
        "create": Verb("create a new rule", "RULE_NAME TRIGGER_NAME ACTION_NAME"),
        "update": Verb("update a rule, or create it", "RULE_NAME TRIGGER_NAME ACTION_NAME"),
        "enable": Verb("enable a rule", "RULE_NAME"),
        "disable": Verb("disable a rule", "RULE_NAME"),
        "status": Verb("get the status of a rule", "RULE_NAME"),
        "get": Verb("get a rule", "RULE_NAME", _LOOK),
        "delete": Verb("delete a rule", "RULE_NAME", ("disable",)),
        "list": Verb("list rules", "[NAMESPACE]", _PAGES),
    },
    "property": {
        "set": Verb("set properties", "", ("apihost", "auth")),
        "unset": Verb("unset properties", "", ("apihost", "auth", *_SHOWN)),
        "get": Verb("get properties", "", ("all", "apihost", "auth", "namespace", "cliversion",
                                          "output", *_SHOWN, "apibuild", "apibuildno")),
    },
    "api": {
        "create": Verb(
            "create a new API", "([BASE_PATH] API_PATH API_VERB ACTION | --config-file CFG_FILE)",
            ("apiname", "config-file", "response-type"),
        ),
        "list": Verb("list APIs", "[BASE_PATH | API_NAME [API_PATH [API_VERB]]]",
                     (*_PAGES, "full")),
        "get": Verb("get API details", "BASE_PATH | API_NAME", ("format", "full")),
        "delete": Verb("delete an API", "BASE_PATH | API_NAME [API_PATH [API_VERB]]"),
    },
    "project": {
        "deploy": Verb("deploy what a manifest names", "", _PROJECT),
        "undeploy": Verb("remove what a manifest names", "", _PROJECT),
        "sync": Verb("deploy, and remove what the project names no more", "", _PROJECT),
        "export": Verb("write a project's manifest and files", "", _PROJECT),
    },
    "sdk": {"install": Verb("install SDK artifacts", "COMPONENT", ("stdout",))},
    "namespace": {
        "list": Verb("list the namespaces of the key"),
        "get": Verb("get the entities of a namespace", "[NAMESPACE]", ("name-sort",)),
    },
}  # fmt: skip


def verb_help(command: str, verb: str) -> str:
    """Description, usage and flags of one command."""
    told = VERBS[command][verb]
    usage = " ".join(part for part in (f"wsk {command} {verb}", told.words) if part)
    lines = [told.about, "Usage:", f"  {usage}{' [flags]' if told.flags else ''}"]
    if told.flags:
        shown = [_ABOUT[flag] for flag in told.flags]
        width = max(len(flag) for flag, _ in shown)
        lines += ["", "Flags:", *(f"  {flag:<{width}}   {about}" for flag, about in shown)]
    return "\n".join(lines) + "\n"
