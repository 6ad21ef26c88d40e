"""What every component of our own is: a folder with a class, template.html, style.css and, where it acts, scripts."""

from __future__ import annotations

import inspect
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from ui.components import format as formats
from ui.components.events import script_constants

HERE = Path(__file__).parent
SHARED_NUMBERS = "".join(
    f"const {name} = {getattr(formats, name)};\n" for name in ("NEARLY_CERTAIN", "WHOLE_FROM", "WHOLE_TO")
)


class Component(gr.HTML):
    """A component of our own, put together from the files beside its class.

    Its style begins with base.css. Its scripts run one after the other in one scope, after format.js and base.js, once
    Gradio has put the template into the page; `element`, `props`, `trigger`, `watch` and `upload` come from `gr.HTML`.
    What Python and the scripts both need is handed over as a keyword: it is a field of `props` and of the template.

    Attributes:
        scripts: the files in the order in which they run.
        holds: what a value of the component is, for Gradio's description of the page.
    """

    scripts: ClassVar[tuple[str, ...]] = ("script.js",)
    holds: ClassVar[dict[str, str]] = {"type": "object"}

    def __init__(self, *, elem_id: str | None = None, **props: Any) -> None:
        folder = Path(inspect.getfile(type(self))).parent
        shared = [script_constants(folder.name), SHARED_NUMBERS, _read(HERE / "format.js"), _read(HERE / "base.js")]
        super().__init__(
            value=None,
            html_template=_read(folder / "template.html"),
            css_template=_read(HERE / "base.css") + _read(folder / "style.css"),
            js_on_load="\n".join([*shared, *(_read(folder / script) for script in self.scripts)]),
            apply_default_css=False,
            elem_id=elem_id,
            **props,
        )

    def get_config(self) -> dict[str, Any]:
        """Tell the page what it needs, without what `gr.HTML` takes for an event as an argument's name is in a script.

        Every visit would copy the event, and with it the whole page and its networks.
        """
        return {name: value for name, value in super().get_config().items() if not isinstance(value, partial)}

    def api_info(self) -> dict[str, Any]:
        return self.holds


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
