"""The functions that make maps and lists and read them (LANGUAGE.md 2.4 and 2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.sizes import ITEM
from flowtui.sql.value import MISSING, Value

_QUOTED = 6
"""How much longer a text may be as JSON: a control character is written as `\\u0001`."""


def _array(a: Arguments) -> str:
    """JSON text of the list that the first argument is or, as a text, spells."""
    value, json = a.value(0), a.dialect.json
    spelled = json.as_list(json.minified(value.text))
    return f"coalesce({json.as_list(value.json)}, {spelled})" if value.json else spelled


def _json_parse(a: Arguments) -> Value:
    """A map or a list; missing where the text is neither."""
    return a.values.structure(a.dialect.json.structure(a.text(0)), "jsonParse")


def _json_stringify(a: Arguments) -> Value:
    """The JSON text of a map or a list; missing for anything else (ours)."""
    json = a.value(0).json
    return a.values.text(a.dialect.json.structure(json)) if json else MISSING


def _json_array_size(a: Arguments) -> Value:
    """Of a list, or of a text that is a JSON array; missing for anything else (ours)."""
    json = a.dialect.json
    return a.values.integer(json.size(_array(a)))


def _json_array_contains(a: Arguments) -> Value:
    """Whether an element reads as the value, letter by letter; 0 for what is no array."""
    json, lists = a.dialect.json, a.dialect.lists
    sizes = a.environment.sizes
    listed = sizes.limited(_array(a), sizes.of(a.value(0)), ITEM)
    elements = json.elements(listed)
    texts = lists.each(elements, "e", json.text("e"))
    return a.values.boolean(lists.has(texts, a.text(1)))


def _split(a: Arguments) -> Value:
    """A list; by an empty delimiter, of the characters (ours)."""
    value, separator, sizes = a.value(0), a.value(1), a.environment.sizes
    text = sizes.limited(value.text, sizes.of(value), ITEM)
    json = a.dialect.json.of_list(a.dialect.lists.split(text, separator.text))
    missing = f"{value.text} IS NULL OR {separator.text} IS NULL"
    made = a.values.structure(f"CASE WHEN {missing} THEN NULL ELSE {json} END", "split")
    return replace(made, longest=sizes.of(value) * _QUOTED)


FUNCTIONS: Mapping[str, Function] = {
    "jsonparse": _json_parse,
    "jsonstringify": _json_stringify,
    "jsonarraysize": _json_array_size,
    "jsonarraycontains": _json_array_contains,
    "split": _split,
}
