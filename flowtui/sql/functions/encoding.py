"""Encodings and hashes of texts (insights-ql.md 2.6 and 2.7).

What can't be decoded is missing, and so is what decodes to no UTF-8.
"""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.sql import value as values
from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.value import Value


def _textual(template: str) -> Function:
    return lambda a: values.text(template.format(a.text(0)))


def _hex_to_dec(a: Arguments) -> Value:
    """With or without `0x`, with a sign before it; missing where a BIGINT does not hold it."""
    return values.integer(f"flow_hex_number({a.text(0)})")


def _dec_to_hex(a: Arguments) -> Value:
    value = a.value(0)
    number = value.number if value.is_exact else f"trunc({value.number})"
    return values.text(f"flow_number_hex(TRY_CAST({number} AS BIGINT))")


FUNCTIONS: Mapping[str, Function] = {
    # As in RFC 3986: a blank is %20, and + is itself (ours: the service's dialect is not known).
    "urlencode": _textual("url_encode({0})"),
    "urldecode": _textual("flow_url_decode({0})"),
    "base64encode": _textual("to_base64(encode({0}))"),
    "base64decode": _textual("flow_utf8(flow_base64({0}))"),
    "hextoascii": _textual("flow_hex_ascii({0})"),
    "hextodec": _hex_to_dec,
    "dectohex": _dec_to_hex,
    "md5": _textual("md5({0})"),
    "sha256": _textual("sha256({0})"),
}
