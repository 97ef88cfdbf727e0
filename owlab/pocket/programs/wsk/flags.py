"""Which flags each command of wsk has: one letter means different things in different commands."""

from __future__ import annotations

from owlab.pocket.programs.pflag import Flag

GLOBAL = (
    Flag("apihost"),
    Flag("apiversion"),
    Flag("auth", short="u"),
    Flag("cert"),
    Flag("debug", "bool", short="d"),
    Flag("help", "bool", short="h"),
    Flag("insecure", "bool", short="i"),
    Flag("key"),
    Flag("verbose", "bool", short="v"),
)
# Pairs (-p KEY VALUE) and files of them are taken out before a flag is looked at: see arguments.
# What is left of them here (--param=x) is what pflag makes of it.
_PARAM = (Flag("param", "words", short="p"), Flag("param-file", short="P"))
_GIVEN = (*_PARAM, Flag("annotation", "words", short="a"), Flag("annotation-file", short="A"))
_FEED = (Flag("feed-param", "words", short="F"), Flag("trigger-param", "words", short="T"))
_PAGE = (Flag("limit", "int", 30, "l"), Flag("skip", "int", 0, "s"))
_SORT = (Flag("name-sort", "bool", short="n"),)
_SUMMARY = (Flag("summary", "bool", short="s"),)
_LAST = (Flag("last", "bool", short="l"),)
_CODE = (
    *_GIVEN,
    Flag("concurrency", "int", 1, "c"),
    Flag("copy", "bool"),
    Flag("docker"),
    Flag("kind"),
    Flag("logsize", "int", 10, "l"),
    Flag("main"),
    Flag("memory", "int", 256, "m"),
    Flag("native", "bool"),
    Flag("sequence", "bool"),
    Flag("timeout", "int", 60000, "t"),
    Flag("web"),
    Flag("web-secure"),
)
_SHOWN = ("apihost", "apiversion", "auth", "cert", "key")

FLAGS: dict[tuple[str, ...], tuple[Flag, ...]] = {
    ("action", "create"): _CODE,
    ("action", "update"): (*_CODE, Flag("del-annotation", "strings")),
    ("action", "invoke"): (
        *_PARAM, Flag("blocking", "bool", short="b"), Flag("result", "bool", short="r"),
    ),
    ("action", "get"): (
        *_SUMMARY, Flag("save", "bool"), Flag("save-as"), Flag("url", "bool", short="r"),
    ),
    ("action", "list"): (*_PAGE, *_SORT),
    ("action", "delete"): (),
    ("activation", "list"): (
        *_PAGE, Flag("full", "bool", short="f"), Flag("since", "int"), Flag("upto", "int"),
    ),
    ("activation", "get"): (*_LAST, Flag("logs", "bool", short="g"), *_SUMMARY),
    ("activation", "logs"): (*_LAST, Flag("strip", "bool", short="r")),
    ("activation", "result"): _LAST,
    ("activation", "poll"): (
        Flag("exit", "int", 0, "e"),
        *(Flag(f"since-{unit}", "int") for unit in ("days", "hours", "minutes", "seconds")),
    ),
    ("package", "create"): (*_GIVEN, Flag("shared")),
    ("package", "update"): (*_GIVEN, Flag("shared")),
    ("package", "get"): _SUMMARY,
    ("package", "list"): (*_PAGE, *_SORT),
    ("package", "delete"): (),
    ("package", "bind"): (*_GIVEN, Flag("overwrite", "bool", short="o")),
    ("package", "refresh"): (),
    ("trigger", "create"): (*_GIVEN, *_FEED, Flag("feed", short="f")),
    ("trigger", "update"): (*_GIVEN, *_FEED),
    ("trigger", "get"): _SUMMARY,
    ("trigger", "list"): (*_PAGE, *_SORT),
    ("trigger", "fire"): _PARAM,
    ("trigger", "delete"): (),
    ("rule", "create"): (),
    ("rule", "update"): (),
    ("rule", "get"): _SUMMARY,
    ("rule", "list"): (*_PAGE, *_SORT),
    ("rule", "delete"): (Flag("disable", "bool"),),
    ("rule", "enable"): (),
    ("rule", "disable"): (),
    ("rule", "status"): (),
    ("property", "get"): (
        *(Flag(name, "bool") for name in (*_SHOWN, "namespace", "cliversion", "apibuild",
                                          "apibuildno", "all")),
        Flag("output", "string", "std", "o"),
    ),
    ("property", "set"): (),
    ("property", "unset"): tuple(Flag(name, "bool") for name in _SHOWN),
    ("namespace", "list"): (),
    ("namespace", "get"): _SORT,
    ("api", "create"): (
        Flag("apiname", short="n"), Flag("config-file", short="c"),
        Flag("response-type", "string", "json"),
    ),
    ("api", "list"): (*_PAGE, *_SORT, Flag("full", "bool", short="f")),
    ("api", "get"): (Flag("format", "string", "json"), Flag("full", "bool", short="f")),
    ("api", "delete"): (),
    **{
        ("project", verb): (
            Flag("config"), Flag("manifest"), Flag("project", "string", "."), Flag("deployment"),
            Flag("strict", "bool"), Flag("preview", "bool"), Flag("param", "words"),
            Flag("param-file"), Flag("namespace", short="n"), Flag("projectname"),
            Flag("key", short="k"), Flag("cert", short="c"),
        )
        for verb in ("deploy", "undeploy", "sync", "export")
    },
    ("sdk", "install"): (Flag("stdout", "bool", short="s"),),
    ("list",): _SORT,
}  # fmt: skip


def flags_of(path: tuple[str, ...]) -> list[Flag]:
    """A command's own flags, and the global ones that it does not give another meaning."""
    own = FLAGS.get(path, ())
    names = {flag.name for flag in own}
    return [*own, *(flag for flag in GLOBAL if flag.name not in names)]
