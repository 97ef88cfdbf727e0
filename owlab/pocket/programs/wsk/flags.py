"""Which flags each command of wsk has: one letter means different things in different commands.

What help says of a short one is the real wsk's; where that is long, the words are ours.
"""

from __future__ import annotations

from owlab.pocket.programs.pflag import Flag

GLOBAL = (
    Flag("apihost", help="whisk API HOST", shown="HOST"),
    Flag("apiversion", help="whisk API VERSION", shown="VERSION"),
    Flag("auth", short="u", help="authorization KEY", shown="KEY"),
    Flag("cert", help="client cert"),
    Flag("debug", "bool", short="d", help="debug level output"),
    Flag("insecure", "bool", short="i", help="bypass certificate checking"),
    Flag("key", help="client key"),
    Flag("verbose", "bool", short="v", help="verbose output"),
)
# Pairs (-p KEY VALUE) and files of them are taken out before a flag is looked at: see arguments.
# What is left of them here (--param=x) is what pflag makes of it.
_PAIR = "KEY VALUE"


def _pairs(name: str, letter: str, what: str) -> Flag:
    return Flag(name, "words", short=letter, help=f"{what} values in KEY VALUE format", shown=_PAIR)


def _file(name: str, letter: str, what: str) -> Flag:
    about = f"FILE containing {what} values in JSON format"
    return Flag(name, short=letter, help=about, shown="FILE")


_PARAM = (_pairs("param", "p", "parameter"), _file("param-file", "P", "parameter"))
_GIVEN = (
    *_PARAM, _pairs("annotation", "a", "annotation"), _file("annotation-file", "A", "annotation"),
)  # fmt: skip
_FEED = (
    _pairs("feed-param", "F", "feed parameter"), _pairs("trigger-param", "T", "trigger parameter"),
)  # fmt: skip


def _limit(what: str, most: str = "") -> Flag:
    return Flag("limit", "int", 30, "l", help=f"list LIMIT {what} and no more{most}", shown="LIMIT")


def _page(what: str, most: str = "") -> tuple[Flag, ...]:
    left = Flag("skip", "int", 0, "s", help=f"leave out the first SKIP {what}", shown="SKIP")
    return (_limit(what, most), left)


def _sort(by: str = "name") -> tuple[Flag, ...]:
    about = f"sort by {by} what is listed, within limit and skip"
    return (Flag("name-sort", "bool", short="n", help=about),)


def _summary(what: str, marks: str = "") -> tuple[Flag, ...]:
    return (Flag("summary", "bool", short="s", help=f"summarize {what} details{marks}"),)


_BOUND = '; "*" is in front of bound parameters'
_LAST = (Flag("last", "bool", short="l", help="retrieves the last activation"),)
_WEB = (
    "yes or true: a web action; raw: one that gets the request as it came; no or false: none"
)  # fmt: skip
_CODE = (
    *_GIVEN,
    Flag("concurrency", "int", 1, "c", shown="LIMIT",
         help="at most LIMIT activations at once in one container of the action"),
    Flag("copy", "bool", help="treat ACTION as the name of an existing action"),
    Flag("docker", help="run the action in this image: the lab has those of its runtimes only"),
    Flag("kind", help="the runtime of the action, such as nodejs:default", shown="KIND"),
    Flag("logsize", "int", 10, "l", help="at most LIMIT MB of logs for an activation",
         shown="LIMIT"),
    Flag("main", help="the function or the method that is called, if it is not main"),
    Flag("memory", "int", 256, "m", help="at most LIMIT MB of memory for the action",
         shown="LIMIT"),
    Flag("native", "bool", help="ACTION is a program, alone or as 'exec' in a zip file"),
    Flag("sequence", "bool", help="ACTION is a sequence: names of actions between commas"),
    Flag("timeout", "int", 60000, "t", help="end the action after LIMIT milliseconds",
         shown="LIMIT"),
    Flag("web", help=_WEB),
    Flag("web-secure", shown="SECRET",
         help="true, false, or what requests to the web action must send"),
)  # fmt: skip
_DELETED = Flag("del-annotation", "strings", help="an annotation to take away; may be repeated")
_SHARED = Flag("shared", shown="SCOPE", help="package visibility SCOPE; yes = shared, no = private")


def _bare(*names: str) -> tuple[Flag, ...]:
    """Global flags of a command where they are switches. Its help leaves them to the others."""
    return tuple(Flag(name, "bool") for name in names)


def _since(bound: str, when: str) -> Flag:
    about = f"activations {when} {bound.upper()}, in milliseconds since 1970"
    return Flag(bound, "int", help=about, shown=bound.upper())


def _ago(unit: str) -> Flag:
    about = f"begin with the activations of {unit.upper()} {unit} ago"
    return Flag(f"since-{unit}", "int", help=about, shown=unit.upper())


# Of `project` itself: its commands have them as global ones.
PROJECT = (
    Flag("config", help="config file (default is $HOME/.wskprops)"),
    Flag("manifest", help="path to manifest file"),
    Flag("project", "string", ".", help="path to serverless project"),
    Flag("deployment", help="path to deployment file"),
    Flag("strict", "bool", help="allow user defined runtime version"),
    Flag("preview", "bool", help="show deployment/undeployment plan"),
    Flag("param", "words", help="parameter values in KEY VALUE format", shown=_PAIR),
    Flag("param-file", help="FILE containing parameter values in JSON format", shown="FILE"),
    Flag("namespace", short="n", help="namespace"),
    Flag("projectname", help="project name"),
    Flag("key", short="k", help="path of the .key file"),
    Flag("cert", short="c", help="path of the .cert file"),
)
_SHOWN = ("apihost", "apiversion", "auth", "cert", "key")

FLAGS: dict[tuple[str, ...], tuple[Flag, ...]] = {
    ("action", "create"): _CODE,
    ("action", "update"): (*_CODE, _DELETED),
    ("action", "invoke"): (
        *_PARAM,
        Flag("blocking", "bool", short="b", help="blocking invoke"),
        Flag("result", "bool", short="r", help="blocking invoke; show the result only"),
    ),
    ("action", "get"): (
        *_summary("action", f'{_BOUND}, "**" of those that are final, too'),
        Flag("save", "bool", help="save the code to a file with the action's name"),
        Flag("save-as", help="file to save action code to"),
        Flag("url", "bool", short="r", help="get action url"),
    ),
    ("action", "list"): (*_page("actions"), *_sort()),
    ("action", "delete"): (),
    ("activation", "list"): (
        *_page("activations", " (200 at most)"),
        Flag("full", "bool", short="f", help="include full activation description"),
        _since("since", "after"),
        _since("upto", "before"),
    ),
    ("activation", "get"): (
        *_LAST,
        Flag("logs", "bool", short="g", help="the logs only, without times and streams"),
        *_summary("activation"),
    ),
    ("activation", "logs"): (
        *_LAST, Flag("strip", "bool", short="r", help="strip timestamp and stream information"),
    ),
    ("activation", "result"): _LAST,
    ("activation", "poll"): (
        Flag("exit", "int", 0, "e", help="stop polling after SECONDS seconds", shown="SECONDS"),
        *(_ago(unit) for unit in ("days", "hours", "minutes", "seconds")),
    ),
    ("package", "create"): (*_GIVEN, _SHARED),
    ("package", "update"): (*_GIVEN, _SHARED),
    ("package", "get"): _summary("package", _BOUND),
    ("package", "list"): (*_page("packages"), *_sort()),
    ("package", "delete"): (),
    ("package", "bind"): (*_GIVEN, Flag("overwrite", "bool", short="o", help="overwrite bind")),
    ("package", "refresh"): (),
    ("trigger", "create"): (
        *_GIVEN, *_FEED,
        Flag("feed", short="f", help="trigger feed ACTION_NAME", shown="ACTION_NAME"),
    ),
    ("trigger", "update"): (*_GIVEN, *_FEED),
    ("trigger", "get"): _summary("trigger", _BOUND),
    ("trigger", "list"): (*_page("triggers"), *_sort()),
    ("trigger", "fire"): _PARAM,
    ("trigger", "delete"): (),
    ("rule", "create"): (),
    ("rule", "update"): (),
    ("rule", "get"): _summary("rule"),
    ("rule", "list"): (*_page("rules"), *_sort()),
    ("rule", "delete"): (
        Flag("disable", "bool", help="automatically disable rule before deleting it"),
    ),
    ("rule", "enable"): (),
    ("rule", "disable"): (),
    ("rule", "status"): (),
    ("property", "get"): (
        *_bare(*_SHOWN),
        Flag("namespace", "bool", help="whisk namespace"),
        Flag("cliversion", "bool", help="whisk CLI version"),
        Flag("apibuild", "bool", help="whisk API build version"),
        Flag("apibuildno", "bool", help="whisk API build number"),
        Flag("all", "bool", help="all properties"),
        Flag("output", "string", "std", "o", help="Output format in std|raw"),
    ),
    ("property", "set"): (),
    ("property", "unset"): _bare(*_SHOWN),
    ("namespace", "list"): (),
    ("namespace", "get"): _sort(),
    ("api", "create"): (
        Flag("apiname", short="n", help="a name for the API, in place of its base path"),
        Flag("config-file", short="c", shown="CFG_FILE",
             help="CFG_FILE containing API configuration in swagger JSON format"),
        Flag("response-type", "string", "json", shown="TYPE",
             help="what the web action answers: html, http, json, text or svg"),
    ),
    ("api", "list"): (
        *_page("operations"), *_sort("path and verb"),
        Flag("full", "bool", short="f", help="display full description of each API"),
    ),
    ("api", "get"): (
        Flag("format", "string", "json", help="the output's TYPE, json or yaml", shown="TYPE"),
        Flag("full", "bool", short="f", help="display full API configuration details"),
    ),
    ("api", "delete"): (),
    **{("project", verb): PROJECT for verb in ("deploy", "undeploy", "sync", "export")},
    ("sdk", "install"): (
        Flag("stdout", "bool", short="s", help="prints bash command completion script to stdout"),
    ),
    ("list",): _sort(),
}  # fmt: skip


def help_flag(command: str) -> Flag:
    """``--help``, which every command has."""
    return Flag("help", "bool", short="h", help=f"help for {command}")


def flags_of(path: tuple[str, ...]) -> list[Flag]:
    """A command's own flags, and the global ones that it does not give another meaning."""
    own = PROJECT if path == ("project",) else FLAGS.get(path, ())
    names = {flag.name for flag in own}
    shared = [flag for flag in GLOBAL if flag.name not in names]
    return [*own, *shared, help_flag(path[-1] if path else "wsk")]
