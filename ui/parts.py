"""How a component of our own is put together: a folder with template.html, style.css and, where it acts, script.js."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def parts_in(folder: Path) -> dict[str, Any]:
    """What `gr.HTML` asks for, from a component's folder; without a script.js nothing runs in the browser."""
    script = folder / "script.js"
    return {
        "html_template": (folder / "template.html").read_text(encoding="utf-8"),
        "css_template": (folder / "style.css").read_text(encoding="utf-8"),
        "js_on_load": script.read_text(encoding="utf-8") if script.exists() else None,
        "apply_default_css": False,
    }
