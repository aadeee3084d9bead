"""What is worth telling about any host and port, whichever grammar read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from migaddr.carets import printable, shortened
from migaddr.model import UINT16_MAX

if TYPE_CHECKING:
    from migaddr.uri.trace import Trace

Span: TypeAlias = tuple[int, int]


def note_address(
    trace: Trace, host: str, host_span: Span, port: str, port_span: Span, *, bracketed: bool
) -> None:
    """Note the two parts, and what their look may hide. The spans are where the URI says them."""
    trace.part("host", *host_span)
    trace.part("port", *port_span)
    if not bracketed and ":" in port:
        trace.surprise(
            "first-colon-splits",
            host_span[0],
            port_span[1],
            f"without brackets the first colon ends the host: host '{_shown(host)}', port '{_shown(port)}'",
        )
    elif port.isascii() and port.isdigit() and len(port) < 20 and int(port) > UINT16_MAX:
        trace.surprise(
            "port-wraps",
            *port_span,
            f"the C library takes a port modulo 65536: this is port {int(port) & UINT16_MAX}",
        )
    if host.startswith("//"):
        trace.surprise(
            "slashes-in-host",
            host_span[0],
            host_span[0] + 2,
            "this is no URL: the slashes belong to the host's name",
        )


def _shown(text: str) -> str:
    return printable(shortened(text))
