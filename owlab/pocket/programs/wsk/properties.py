"""`.wskprops`: where wsk keeps the host and the key."""

from __future__ import annotations

from dataclasses import dataclass, field

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.wsk.exits import WskError

DEFAULTS = {"APIVERSION": "v1", "NAMESPACE": "_"}
ENVIRONMENT = {
    "APIHOST": "WHISK_APIHOST",
    "AUTH": "WHISK_AUTH",
    "APIVERSION": "WHISK_APIVERSION",
    "NAMESPACE": "WHISK_NAMESPACE",
}


def parse(text: str) -> dict[str, str]:
    """Lines of one ``=``; what follows a ``#`` is dropped."""
    found = {}
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if line.count("=") == 1:
            name, _, value = line.partition("=")
            found[name.strip()] = value.strip()
    return found


def render(values: dict[str, str]) -> str:
    """The file that ``property set`` writes."""
    return "".join(f"{name}={value}\n" for name, value in values.items())


@dataclass(slots=True)
class Properties:
    """The caller's file, and what overrides it."""

    path: str
    file: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, call: Call) -> Properties:
        """Read the file that the caller's wsk reads."""
        path = call.path(call.env.get("WSK_CONFIG_FILE") or f"{call.home}/.wskprops")
        found = cls(path)
        # A file that cannot be read is not an empty one: the next `property set` would empty it.
        if call.fs.exists(path):
            try:
                found.file = parse(call.fs.read_file(path).decode(errors="replace"))
            except (OSError, RuntimeError) as error:
                raise WskError(f"Unable to read the properties file '{path}': {error}") from error
        for name, variable in ENVIRONMENT.items():
            if call.env.get(variable):
                found.environment[name] = call.env[variable]
        return found

    def get(self, name: str) -> str:
        """Environment before file before default."""
        return self.environment.get(name) or self.file.get(name) or DEFAULTS.get(name, "")

    def save(self, call: Call) -> None:
        """Write the file; who may read it, the umask says, as for the real wsk."""
        call.fs.write_file(self.path, render(self.file).encode())
