"""What wsk refuses, and its exit statuses."""

from __future__ import annotations

USAGE = "Run 'wsk --help' for usage.\n"
GENERAL, BAD_USAGE, NETWORK, NOT_ALLOWED = 1, 2, 3, 149


class WskError(Exception):
    """A sentence for standard error, the exit status, and whether to point at the help."""

    def __init__(self, message: str, code: int = GENERAL, *, usage: bool = True) -> None:
        super().__init__(message)
        self.message, self.code, self.usage = message, code, usage


class FlagError(WskError):
    """Flags that make no sense: told as the flags' library tells it, without more."""


class Told(WskError):
    """What is told as it is, by a command whose errors are another program's."""


# Where in wskdeploy, of which `wsk project` is made, each of its errors comes from.
DEPLOY = {
    "MANIFEST_FILE_NOT_FOUND": "root.go [274]",
    "MANIFEST_FILE_NOT_FOUND undeploy": "root.go [379]",
    "YAML_PARSER_ERROR": "manifest_parser.go [123]",
    "YAML_PARSER_ERROR sequence": "manifestreader.go [235]",
    "YAML_PARSER_ERROR trigger": "manifestreader.go [274]",
    "YAML_PARSER_ERROR kind": "manifestreader.go [348]",
    "YAML_PARSER_ERROR source": "manifestreader.go [356]",
    "YAML_PARSER_ERROR type": "parameters.go [215]",
    "YAML_FILE_FORMAT_ERROR": "servicedeployer.go [177]",
    "YAML_FILE_FORMAT_ERROR required": "manifest_parser.go [185]",
    "YAML_FILE_FORMAT_ERROR both": "manifest_parser.go [568]",
    "YAML_FILE_FORMAT_ERROR code": "manifest_parser.go [574]",
    "YAML_FILE_FORMAT_ERROR runtime": "manifest_parser.go [598]",
    "YAML_FILE_FORMAT_ERROR api": "manifest_parser.go [1244]",
    "YAML_INVALID_RUNTIME": "manifest_parser.go [628]",
    "YAML_INVALID_RUNTIME zip": "manifest_parser.go [618]",
    "YAML_INVALID_WEB_EXPORT": "webaction.go [79]",
    "YAML_INVALID_API": "webaction.go [183]",
}
# The parts of a manifest, in the order in which they are read, and then kept.
PARTS = {
    "dependencies": 88, "actions": 93, "sequences": 98, "triggers": 103, "rules": 108, "apis": 113,
    "kept actions": 128, "kept sequences": 133, "kept triggers": 138,
}  # fmt: skip


def deploy_error(kind: str, path: str, message: str, place: str = "") -> Told:
    """An error of `wsk project` about a file; one about no file has no path."""
    where = DEPLOY.get(f"{kind} {place}") or DEPLOY[kind]
    file = f"File: [{path.rpartition('/')[2]}]: " if path else ""
    return Told(f"{where}: [ERROR_{kind}]: {file}{message}\n\n", usage=False)


def nested(path: str, inner: str | Told, part: str) -> Told:
    """An error about a part of a manifest, in one about the manifest."""
    text = inner.message.removesuffix("\n") if isinstance(inner, Told) else inner
    lines = "".join(f"\n==> {line.strip()}" for line in text.split("\n"))
    file = path.rpartition("/")[2]
    start = f"manifestreader.go [{PARTS[part]}]: [ERROR_YAML_FILE_FORMAT_ERROR]"
    return Told(f"{start}: File: [{file}]: {lines}\n\n", usage=False)


class AlreadyTold(WskError):
    """Everything has been printed: only the exit status is left."""

    def __init__(self, code: int) -> None:
        super().__init__("", code, usage=False)


def arguments(rest: list[str], low: int, high: int, needed: str) -> list[str]:
    """Between so many words, or the sentence that names what is needed."""
    if len(rest) < low:
        raise WskError(f"Invalid argument(s). {needed}")
    if len(rest) > high:
        raise WskError(f"Invalid argument(s): {', '.join(rest[high:])}. {needed}")
    return rest


def within(prefix: str, error: WskError, *, usage: bool = False) -> WskError:
    """An error in another's sentence: the inner one's status, and its wish to show the usage."""
    message = f"{prefix}{error.message}"
    return WskError(message, error.code, usage=usage or error.usage)


def of_status(status: int) -> int:
    """The exit status of an HTTP error: what is left of it in eight bits."""
    return (status - 256) & 0xFF
