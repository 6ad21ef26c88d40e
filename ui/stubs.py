"""Gradio writes stubs of all components, for editors, whenever it is imported: without them that takes half as long."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

# The module of Gradio that writes a `.pyi` file beside the source of each component, ours among them.
WRITER = "gradio.component_meta"


class _WriterLoader(SourceFileLoader):
    """Loads the module, then takes its pen away."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        module.create_or_modify_pyi = lambda *_: None  # type: ignore[attr-defined]


class _WriterFinder(PathFinder):
    """Finds that module alone."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = super().find_spec(fullname, path, target) if fullname == WRITER else None
        if spec and spec.origin:
            spec.loader = _WriterLoader(fullname, spec.origin)
        return spec


def write_no_stubs() -> None:
    """Let Gradio write none from now on; it takes effect where Gradio is not imported yet."""
    sys.meta_path.insert(0, _WriterFinder)
