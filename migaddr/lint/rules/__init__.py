"""The rules, in order of code. A new rule is one module, and one line here."""

from __future__ import annotations

from typing import Final

from migaddr.lint.rules import (
    blk_inc,
    channels_need,
    comments,
    defer_misuse,
    draft_names,
    exec_unquoted,
    fd_number,
    fd_plain_file,
    file_offset,
    hmp_quotes,
    ipv6_template,
    ipv6_unbracketed,
    libvirt_in_qemu,
    listen_wildcard,
    missing_port,
    port_range,
    rdma_malformed,
    scheme_exact,
    settings_refuse,
    to_range,
    unix_options,
    unknown_option,
    uri_and_channels,
    uri_where_channels,
    x_rdma,
)
from migaddr.lint.rules.rule import Rule

RULES: Final[dict[str, Rule]] = {
    rule.code: rule
    for rule in (
        comments.UNKNOWN_CODE,
        comments.UNUSED_IGNORE,
        exec_unquoted.RULE,
        ipv6_template.RULE,
        ipv6_unbracketed.RULE,
        fd_plain_file.RULE,
        blk_inc.RULE,
        uri_and_channels.RULE,
        channels_need.RULE,
        port_range.RULE,
        missing_port.RULE,
        rdma_malformed.RULE,
        draft_names.RULE,
        hmp_quotes.RULE,
        listen_wildcard.RULE,
        x_rdma.RULE,
        scheme_exact.RULE,
        unix_options.RULE,
        libvirt_in_qemu.RULE,
        unknown_option.RULE,
        to_range.RULE,
        file_offset.RULE,
        defer_misuse.RULE,
        fd_number.RULE,
        uri_where_channels.RULE,
        settings_refuse.RULE,
    )
}
"""Every rule by its code."""
