"""A place to call functions and to change them: parameters, code, result, logs, times."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from owlab import observed
from owlab.command import Command
from owlab.errors import CommandError, ConfigError
from owlab.lab import Lab, describe
from owlab.language import _, listed
from owlab.notebook import page
from owlab.notebook.callbacks import shielded
from owlab.notebook.calls import call
from owlab.notebook.transcript import muted
from owlab.steps import wsk
from owlab.steps.control import control

_SUFFIXES = {"nodejs": "js", "python": "py"}
_EXAMPLE = '{\n    "name": "JavaScript"\n}'


class Playground:
    """A form to call functions by hand. Without a browser it only says what it would offer.

    :param actions: None means those that exist now.
    """

    def __init__(self, lab: Lab, actions: tuple[str, ...] | None = None) -> None:
        self._lab = lab
        self._given = actions

    def functions(self) -> tuple[str, ...]:
        """The functions on offer."""
        return tuple(sorted(observed.actions(self._lab))) if self._given is None else self._given

    def save(self, action: str, code: str) -> None:
        """Replace a function's code.

        :raises CommandError: OpenWhisk refused it.
        """
        kind = str(observed.action(self._lab, action).get("exec", {}).get("kind", ""))
        suffix = _SUFFIXES.get(kind.partition(":")[0])
        if suffix is None:
            raise ConfigError(
                brief=_("The code of {action} ({kind}) is no text.").format(
                    action=action, kind=kind or _("unknown")
                )
            )
        home, name = control(self._lab).home, action.replace("/", "-")
        text = (
            f"mkdir -p {home}/functions && cd {home}/functions &&\n"
            f"cat > {name}.{suffix} <<'END-OF-CODE'\n{code.rstrip()}\nEND-OF-CODE\n"
            f"{wsk.program(self._lab)} action update {action} {name}.{suffix} --kind {kind}"
        )
        with muted():
            result = self._lab.run(Command(text, on=control(self._lab).machine))
        if not result:
            raise CommandError(
                brief=_("{action} was not saved.").format(action=action), details=describe(result)
            )

    def widget(self) -> Any:
        """Function, parameters, code, buttons, and the answer below."""
        import ipywidgets as widgets

        names = self.functions()
        label = {"description_width": "11em"}
        wide = widgets.Layout(width="98%", max_width="60em")
        action = widgets.Dropdown(options=names, description=_("Function"), style=label)
        parameters = widgets.Textarea(
            _EXAMPLE, description=_("Parameters (JSON)"), style=label, rows=6, layout=wide
        )
        code = widgets.Textarea("", description=_("Code"), style=label, rows=12, layout=wide)
        for field in (parameters, code):
            field.add_class("owlab-code")
        run = widgets.Button(description=_("Call"), tooltip=_("Call the function and wait"))
        save = widgets.Button(description=_("Save the code"), tooltip="wsk action update")
        again = widgets.Button(
            description=_("Look again"), tooltip=_("Which functions are there now?")
        )
        answer = widgets.HTML(_STYLE)

        def show(text: str) -> None:
            answer.value = _STYLE + text

        def chosen(change: object) -> None:
            """Show the code of the function that is chosen."""
            found = observed.action(self._lab, action.value) if action.value else {}
            code.value = str(found.get("exec", {}).get("code", ""))

        def called(change: object) -> None:
            run.disabled = True
            show(_("calling ..."))
            try:
                given = parameters_from(parameters.value)
                if not action.value:
                    raise ConfigError(
                        brief=_("There is no function yet."), resolution=_("Make one.")
                    )
                with muted():
                    made = call(self._lab, action.value, **given)
                show(str(made._repr_mimebundle_()["text/html"]))
            finally:
                run.disabled = False

        def saved(change: object) -> None:
            self.save(action.value, code.value)
            show(escape(_("{name} is saved. Its next call is cold.").format(name=action.value)))

        def looked(change: object) -> None:
            action.options = self.functions()
            chosen(None)
            show(_("Functions: {count}.").format(count=len(action.options)))

        action.observe(shielded(chosen, show), names="value")
        for button, handler in ((run, called), (save, saved), (again, looked)):
            button.on_click(shielded(handler, show))
        shielded(chosen, show)(None)
        return widgets.VBox(
            [
                widgets.HBox([action, again]),
                parameters,
                code,
                widgets.HBox([run, save]),
                answer,
            ]
        )

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        names = listed(self.functions()) or _("no function yet")
        text = _("Playground for {names}: shown in JupyterLab.").format(names=names)
        return {**self.widget()._repr_mimebundle_(), **page.bundle(escape(text), text)}


_STYLE = (
    "<style>.owlab-code textarea { font-family: var(--jp-code-font-family, monospace); }</style>"
)


def parameters_from(text: str) -> dict[str, Any]:
    """The parameters that somebody typed.

    :raises ConfigError: it is no JSON object.
    """
    try:
        given = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise ConfigError(brief=_("The parameters are not JSON."), details=str(error)) from None
    if not isinstance(given, dict):
        raise ConfigError(
            brief=_("The parameters are not a JSON object."),
            resolution=_('Write {"name": "value"}.'),
        )
    return given
