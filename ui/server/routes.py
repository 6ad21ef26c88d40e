"""Which of Gradio's routes are open: what a page, its clients and MCP need.

Gradio registers far more; some fetch foreign addresses, run programs or write to disk. So what is not named in `OPEN`
is shut, and a test knows every route that Gradio registers as open or shut.
"""

from __future__ import annotations

from urllib.parse import unquote

from starlette.routing import compile_path

API = "/gradio_api"
MCP = f"{API}/mcp"  # what stands below is open only where the app serves MCP clients
HEALTH = "/health"
OPEN = {  # route -> methods
    "/": ("GET", "HEAD"),
    "/config": ("GET",),
    "/config/": ("GET",),
    "/svelte/{path:path}": ("GET",),
    "/static/{path:path}": ("GET",),
    "/assets/{path:path}": ("GET",),
    "/favicon.ico": ("GET",),
    "/robots.txt": ("GET",),
    "/manifest.json": ("GET",),
    "/pwa_icon": ("GET",),
    "/theme.css": ("GET",),
    f"{API}/theme.css": ("GET",),
    f"{API}/info": ("GET",),
    f"{API}/info/": ("GET",),
    f"{API}/openapi.json": ("GET",),
    f"{API}/app_id": ("GET",),
    f"{API}/app_id/": ("GET",),
    f"{API}/startup-events": ("GET",),
    f"{API}/heartbeat/{{session_hash}}": ("GET",),
    f"{API}/file={{path_or_url:path}}": ("GET", "HEAD"),  # of a file in the upload folder, see `is_foreign`
    f"{API}/upload": ("POST",),
    f"{API}/upload_progress": ("GET",),
    f"{API}/run/{{api_name}}": ("POST",),
    f"{API}/run/{{api_name}}/": ("POST",),
    f"{API}/api/{{api_name}}": ("POST",),
    f"{API}/api/{{api_name}}/": ("POST",),
    f"{API}/call/v2/{{api_name}}": ("POST",),
    f"{API}/call/v2/{{api_name}}/": ("POST",),
    f"{API}/call/{{api_name}}": ("POST",),
    f"{API}/call/{{api_name}}/": ("POST",),
    f"{API}/call/{{api_name}}/{{event_id}}": ("GET",),
    f"{API}/call/v2/{{api_name}}/{{event_id}}": ("GET",),
    f"{API}/queue/join": ("POST",),
    f"{API}/queue/data": ("GET",),
    f"{API}/cancel": ("POST",),
    f"{API}/reset": ("POST",),
    f"{API}/reset/": ("POST",),
    MCP: ("GET", "POST", "DELETE"),
    f"{MCP}/": ("GET", "POST", "DELETE"),
    f"{MCP}/http": ("GET", "POST", "DELETE"),
    f"{MCP}/http/": ("GET", "POST", "DELETE"),
    f"{MCP}/schema": ("GET", "HEAD"),
}
ASKING = tuple(f"{API}/{name}/" for name in ("run", "api", "call")) + (f"{API}/queue/join",)  # what makes the app work
_PATTERNS = [(compile_path(path)[0], methods) for path, methods in OPEN.items()]


def is_open(method: str, path: str, has_mcp: bool = True) -> bool:
    """Whether a route is open for a method; those for MCP clients only where the app serves them."""
    if path.startswith(MCP) and not has_mcp:
        return False
    return any(method in methods and pattern.match(path) for pattern, methods in _PATTERNS)


def is_foreign(path: str) -> bool:
    """Whether Gradio would fetch another address for this path."""
    name = path.removeprefix(f"{API}/file=")
    return name != path and "://" in unquote(name)
