"""Where settings come from, and how wrong ones are refused.

Weakest first: the defaults; a profile (``memory_profile``, ``as_written``); the lab's saved
settings; a YAML file; ``OWLAB_*`` environment variables; the command line or a notebook's
parameters. Names may be nested (``openwhisk: {port: ...}``), dotted or flat (``openwhisk_port``).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from owlab import documents, places
from owlab.config import AS_WRITTEN, PROFILES, LabConfig, flatten
from owlab.errors import ConfigError
from owlab.language import _

SAVED = "the lab's saved settings"


def _paths(model: type[BaseModel], above: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= _paths(inner, (*above, name))
        else:
            found["_".join((*above, name))] = (*above, name)
    return found


SETTINGS: dict[str, tuple[str, ...]] = _paths(LabConfig)
"""Every flat name, and its path in the model."""

_LONGEST, _MOST_NAMED = 100, 20
"""Of a name that is shown, and how many of them."""
_PATHS = ("ssh_inventory", "cluster_kubeconfig")
"""Settings that are paths; kubectl takes several kubeconfigs, with colons between them."""


def load(
    overrides: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    saved: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> LabConfig:
    """Merge all sources into one configuration.

    :param overrides: the strongest: from the command line or a notebook; None values are unsaid.
    :param file: a YAML file of settings.
    :param saved: what the lab was made with.
    :param environment: defaults to the process' own.
    :raises ConfigError: names each wrong setting, its value, where it came from, what is allowed.
    """
    environment = os.environ if environment is None else environment
    named = environment.get("OWLAB_CONFIG", "")
    file = file or (Path(named) if named else None)
    said: dict[str, Any] = {}
    origin: dict[str, str] = {}
    here = Path.cwd()
    for source, folder, values in (
        # A lab saved by an older owlab may have settings that there are no more.
        (SAVED, here, {n: v for n, v in flatten(dict(saved or {})).items() if n in SETTINGS}),
        (f"the file {file}", _folder_of(file), _read_file(file) if file else {}),
        ("the environment", here, _from_environment(environment)),
        ("the command line or notebook", here, dict(overrides or {})),
    ):
        for name, value in _flat_names(values, source).items():
            if value is not None:
                # Commands that come later may be typed elsewhere.
                said[name] = _absolute(value, folder) if name in _PATHS else value
                origin[name] = source
    presets = _presets(said)
    before = _presets(flatten(dict(saved or {})))
    if presets != before:
        # Another profile was chosen: what the earlier one had set, and was saved, gives way.
        for name in {*presets, *before}:
            if origin.get(name) == SAVED:
                del said[name]
    return _validate({**presets, **said}, origin)


def _folder_of(file: Path | None) -> Path:
    return file.absolute().parent if file else Path.cwd()


def _absolute(value: object, folder: Path) -> Any:
    if not isinstance(value, str) or not value:
        return value
    paths = [folder / Path(part).expanduser() for part in value.split(os.pathsep) if part]
    return os.pathsep.join(str(path) for path in paths)


def _presets(said: Mapping[str, Any]) -> dict[str, Any]:
    presets = dict(PROFILES.get(str(said.get("memory_profile", "guide")), {}))
    if said.get("provider") in ("cluster", "kind", "k3d") and not said.get("cluster_nfs_server"):
        presets["openwhisk_storage_class"] = ""  # the one that the cluster has for all
    with suppress(ValidationError):  # nonsense is refused with everything else that is
        if TypeAdapter(bool).validate_python(said.get("as_written", False)):
            presets |= AS_WRITTEN
    return presets


def _flat_names(values: Mapping[str, Any], source: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in _pairs(values):
        plain = name.replace(".", "_")
        if plain in flat and flat[plain] != value:
            raise ConfigError(
                brief=_("{name} is set twice: to {first} and to {second}.").format(
                    name=plain, first=_shown(flat[plain]), second=_shown(value)
                ),
                details=_("Given by {source}.").format(source=source),
                resolution=_("Keep one of them."),
            )
        flat[plain] = value
    unknown = sorted(set(flat) - set(SETTINGS))
    if unknown:
        names = ", ".join(_word(name) for name in unknown[:_MOST_NAMED])
        raise ConfigError(
            brief=(
                _("Unknown setting: {names}.")
                if len(unknown) == 1
                else _("Unknown settings: {names}.")
            ).format(names=names),
            details="\n".join(_suggest(name) for name in unknown[:_MOST_NAMED])
            + _("\nGiven by {source}.").format(source=source),
            resolution=_("See all settings with `owlab config`."),
        )
    return flat


def _pairs(nested: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """``{"k3s": {"version": V}}`` as ``k3s_version``, V; a name may come in several ways."""
    for key, value in nested.items():
        if isinstance(value, Mapping):
            yield from _pairs(value, f"{prefix}{key}_")
        else:
            yield f"{prefix}{key}", value


def _suggest(name: str) -> str:
    near = difflib.get_close_matches(name[:_LONGEST], SETTINGS, n=3, cutoff=0.5)
    guess = f"did you mean {' or '.join(near)}?" if near else "nothing is like it."
    return f"{_word(name)}: {guess}"


def _word(name: str) -> str:
    """A name that somebody wrote, fit to be shown."""
    short = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
    return short if short.isprintable() else repr(short)


def _shown(value: object) -> str:
    """A value that somebody wrote, fit to be shown: it may be as large as a file."""
    try:
        text = repr(value)
    except ValueError:  # a whole number with thousands of digits
        text = "a very large number"
    return text if len(text) <= 2 * _LONGEST else f"{text[: 2 * _LONGEST]}..."


def _read_file(path: Path) -> dict[str, Any]:
    try:
        if path.exists() and not path.is_file():
            raise documents.BadDocument("it is no file")
        content = documents.load(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            brief=_("There is no configuration file {path!r}.").format(path=str(path)),
            resolution=_("Check the path that --config or OWLAB_CONFIG names."),
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(
            brief=_("The configuration file {path!r} cannot be read.").format(path=str(path)),
            details=str(error),
        ) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(
            brief=_("The configuration file {path!r} is not a list of names and values.").format(
                path=str(path)
            ),
            resolution=_("Write one setting a line, such as `workers: 3`."),
        )
    return content


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        name.removeprefix("OWLAB_").lower(): value
        for name, value in environment.items()
        if name.startswith("OWLAB_") and name not in places.NO_SETTINGS
    }


def _validate(flat: Mapping[str, Any], origin: Mapping[str, str]) -> LabConfig:
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        *above, last = SETTINGS[name]
        place = nested
        for step in above:
            place = place.setdefault(step, {})
        place[last] = _as_list(name, value)
    for section in ("master", "worker", "storage"):
        if section in nested:
            default = LabConfig.model_fields[section].default
            nested[section] = {**default.model_dump(), **nested[section]}
    try:
        return LabConfig.model_validate(nested)
    except ValidationError as error:
        raise ConfigError(
            brief=_("The settings cannot be used."),
            details="\n".join(_explain(dict(item), origin) for item in error.errors()),
            resolution=_("Correct them and try again; nothing was started or changed."),
        ) from None


def _as_list(name: str, value: object) -> Any:
    """A list typed as ``a,b`` on a command line or in the environment."""
    default = AS_WRITTEN.get(name, LabConfig().flat().get(name)) if isinstance(value, str) else None
    if isinstance(default, list):
        return [item for item in str(value).split(",") if item]
    return value


def _description(path: tuple[Any, ...]) -> str:
    """What a setting's text must be, in words where there are some."""
    model: Any = LabConfig
    description = ""
    for name in (part for part in path if isinstance(part, str)):
        field = getattr(model, "model_fields", {}).get(name)
        if field is None:
            return ""
        model, description = field.annotation, str(field.description or "")
    return description


def _explain(item: dict[str, Any], origin: Mapping[str, str]) -> str:
    path = [str(part) for part in item["loc"] if not isinstance(part, int)]
    name = "_".join(path)
    message = str(item["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if item["type"] == "string_pattern_mismatch" and (wanted := _description(item["loc"])):
        message = f"should be {wanted}"
    source = f" (from {origin[name]})" if name in origin else ""
    shown = f"{name} = {_shown(item['input'])}" if path and name in SETTINGS else name
    return f"{shown}: {message}{source}" if shown else message
