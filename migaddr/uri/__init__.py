"""All that knows how a legacy migration URI is spelled. Nothing here knows of QMP."""

from __future__ import annotations

from migaddr.uri.exec_command import HostOs, exec_address, exec_command
from migaddr.uri.format import format_uri
from migaddr.uri.scheme import parse_uri, uri_parts, uri_surprises

__all__ = [
    "HostOs",
    "exec_address",
    "exec_command",
    "format_uri",
    "parse_uri",
    "uri_parts",
    "uri_surprises",
]
