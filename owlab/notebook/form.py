"""The parameter form: choose a lab, and see what it costs against what this computer has."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from html import escape
from typing import Any, get_args

from owlab import places, settings
from owlab.config import MEANINGS, LabConfig
from owlab.lab import Lab
from owlab.language import _, listed
from owlab.machines import has_simulated_machines, provider_for
from owlab.notebook import page
from owlab.notebook.callbacks import html as styled
from owlab.notebook.callbacks import shielded

_GIB = 1024**3
_CHOICES = ("provider", "workers", "speed", "mirror", "memory_profile", "as_written")


def _meaning(name: str) -> str:
    """What a setting is, where nothing but plain text can be shown."""
    return _(MEANINGS[name]).replace("`", "")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a lab needs, against what this computer has, in GiB."""

    memory: float
    disk: float
    memory_here: float
    disk_here: float
    simulated: bool

    @classmethod
    def of(cls, config: LabConfig) -> Cost:
        """The cost of these settings on this computer."""
        import psutil

        existing = next(path for path in (places.home(), *places.home().parents) if path.exists())
        return cls(
            memory=config.memory_bytes / _GIB,
            disk=config.disk_bytes / _GIB,
            memory_here=psutil.virtual_memory().total / _GIB,
            disk_here=shutil.disk_usage(existing).free / _GIB,
            simulated=has_simulated_machines(config),
        )

    @property
    def fits(self) -> bool:
        """Whether this computer can carry it. A simulated machine only says that it is large."""
        return self.simulated or (self.memory < self.memory_here and self.disk < self.disk_here)

    @property
    def sentence(self) -> str:
        """For people."""
        asked = _(
            "The machines ask for {memory:.0f} GB of memory and {disk:.0f} GB of disk"
        ).format(memory=self.memory, disk=self.disk)
        if self.simulated:
            return _(
                "{asked}. In the pocket lab they are simulated: a few hundred MB are enough."
            ).format(asked=asked)
        verdict = _("it fits") if self.fits else _("it does not fit: choose memory_profile small")
        return _(
            "{asked}; this computer has {memory:.0f} GB and {disk:.0f} GB free: {verdict}."
        ).format(asked=asked, memory=self.memory_here, disk=self.disk_here, verdict=verdict)


class SettingsForm:
    """A form that starts from the lab's settings and writes them back to the lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._fields: dict[str, Any] = {}

    def choose(self, **values: Any) -> LabConfig:
        """Save these settings with the lab, and let ``lab`` have them: what the button does.

        :raises ConfigError: they are impossible, or the lab is built already with others.
        """
        chosen = self._chosen_with(values)
        wanted = settings.load({**chosen, "name": self.lab.config.name})
        # A provider that cannot be used must not be saved.
        provider_for(wanted, self.lab.directory)
        if not self.lab.folder.is_built:
            # Saved settings are stronger than a profile: without this, another memory_profile
            # would keep the sizes of the first one.
            self.lab.folder.write_settings(wanted.flat())
        fresh = Lab.open(self.lab.config.name, **chosen)
        self.lab.config = fresh.config
        self.lab.provider = fresh.provider
        return self.lab.config

    def _chosen_with(self, values: dict[str, Any]) -> dict[str, Any]:
        """These values, and whatever else the lab has that is not a default."""
        config = self.lab.config
        before = {name: getattr(config, name) for name in _CHOICES}
        usual = settings.load(before, environment={}).flat()
        other = {n: v for n, v in config.flat().items() if v != usual[n] and n != "name"}
        return {**before, **other, **values}

    def _allowed(self, name: str) -> tuple[str, ...]:
        """What may be chosen: of the providers, those on which the notebooks can run."""
        if name != "provider":
            return tuple(get_args(LabConfig.model_fields[name].annotation))
        ssh = self.lab.config.ssh
        reachable = ("ssh",) if ssh.hosts or ssh.inventory else ()
        return ("pocket", "multipass", *reachable)

    def widget(self) -> Any:
        """The fields, the button, and what it costs."""
        import ipywidgets as widgets

        common = {"style": {"description_width": "9em"}, "layout": {"width": "28em"}}
        for name in _CHOICES:
            value, label = getattr(self.lab.config, name), {"description": name, **common}
            if isinstance(value, bool):
                field = widgets.Checkbox(value, indent=True, **label)
            elif isinstance(value, int):
                # Without bounds of its own: a widget would correct a value without a word.
                field = widgets.IntText(value, **label)
            else:
                allowed = self._allowed(name)
                known = allowed if value in allowed else (*allowed, value)
                field = widgets.Dropdown(options=known, value=value, **label)
            field.tooltip = _meaning(name)
            self._fields[name] = field
        button = widgets.Button(
            description=_("Use these settings"), tooltip=_("Save them with the lab")
        )
        message = widgets.HTML(self._said(Cost.of(self.lab.config)))
        message.add_class("owlab-form-message")

        def show(text: str) -> None:
            message.value = text

        def preview(change: object) -> None:
            show(self._said(Cost.of(settings.load(self._chosen_with(self._chosen())))))

        def profile_chosen(change: Any) -> None:
            """A profile brings its number of workers: said, and to be seen in the field."""
            wanted = settings.load({"memory_profile": change["new"]}, environment={}).workers
            preview(change)
            if self._fields["workers"].value != wanted:
                self._fields["workers"].value = wanted
                note = _("workers is {wanted} now: {new} has so many. ").format(
                    wanted=wanted, new=change["new"]
                )
                show(self._said(Cost.of(settings.load(self._chosen_with(self._chosen()))), note))

        def clicked(change: object) -> None:
            config = self.choose(**self._chosen())
            names = listed(machine.name for machine in config.machines)
            note = _("Saved. Lab {name!r}, provider {provider}: {names}. ").format(
                name=config.name, provider=config.provider, names=names
            )
            show(self._said(Cost.of(config), note))

        for name, field in self._fields.items():
            handler = profile_chosen if name == "memory_profile" else preview
            field.observe(shielded(handler, show), names="value")
        button.on_click(shielded(clicked, show))
        return widgets.VBox([*self._fields.values(), button, message])

    def _chosen(self) -> dict[str, Any]:
        return {name: field.value for name, field in self._fields.items()}

    @staticmethod
    def _said(cost: Cost, note: str = "") -> str:
        return styled(f'<div role="status">{escape(note + cost.sentence)}</div>')

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Fields where there is a browser; elsewhere the settings as a table."""
        values = [(name, str(getattr(self.lab.config, name)), _meaning(name)) for name in _CHOICES]
        cost = Cost.of(self.lab.config).sentence
        header = (_("Setting"), _("Value"), _("Meaning"))
        html = page.table(header, [tuple(map(escape, v)) for v in values])
        plain = page.columns(header, values)
        shown = page.bundle(f"{html}<p>{escape(cost)}</p>", f"{plain}\n{cost}")
        return {**self.widget()._repr_mimebundle_(), **shown}
