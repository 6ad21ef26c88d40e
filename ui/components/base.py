"""How a component of our own is put together: a folder with template.html, style.css and, where it acts, script.js."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NEARLY_CERTAIN = 0.9994  # above, a confidence would be rounded to 100.0 %, which no network can mean


def parts_in(folder: Path, *more_scripts: str) -> dict[str, Any]:
    """What `gr.HTML` asks for, from a component's folder; without a script.js nothing runs in the browser.

    Every style begins with base.css and every script with base.js, and then `more_scripts`.
    """
    script = folder / "script.js"
    scripts = [f"const NEARLY_CERTAIN = {NEARLY_CERTAIN};", _read(HERE / "base.js"), *more_scripts]
    return {
        "html_template": _read(folder / "template.html"),
        "css_template": _read(HERE / "base.css") + _read(folder / "style.css"),
        "js_on_load": "\n".join([*scripts, _read(script)]) if script.exists() else None,
        "apply_default_css": False,
    }


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
