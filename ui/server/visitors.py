"""Who asks, as far as fairness needs to know."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client, or a page of one.

    Attributes:
        address: of the client, an IPv6 one without its last 64 bits, which a client chooses freely; "" is unknown.
        session: the page's or client's own name for itself; "" is unknown.
    """

    address: str = ""
    session: str = ""


NOBODY = Visitor()
current_visitor: ContextVar[Visitor] = ContextVar("current_visitor", default=NOBODY)
