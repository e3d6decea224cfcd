"""The functions that make maps and lists and read them (LANGUAGE.md 2.4 and 2.6)."""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.sql.dialects.base import Json
from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.value import MISSING, Value


def _array(value: Value, json: Json) -> str:
    """JSON text of the list that the value is or, as a text, spells."""
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
    return a.values.integer(json.size(_array(a.value(0), json)))


def _json_array_contains(a: Arguments) -> Value:
    """Whether an element reads as the value, letter by letter; 0 for what is no array."""
    json, lists = a.dialect.json, a.dialect.lists
    elements = json.elements(_array(a.value(0), json))
    texts = lists.each(elements, "e", json.text("e"))
    return a.values.boolean(lists.has(texts, a.text(1)))


def _split(a: Arguments) -> Value:
    """A list; by an empty delimiter, of the characters (ours)."""
    json = a.dialect.json.of_list(a.dialect.lists.split(a.text(0), a.text(1)))
    missing = f"{a.text(0)} IS NULL OR {a.text(1)} IS NULL"
    return a.values.structure(f"CASE WHEN {missing} THEN NULL ELSE {json} END", "split")


FUNCTIONS: Mapping[str, Function] = {
    "jsonparse": _json_parse,
    "jsonstringify": _json_stringify,
    "jsonarraysize": _json_array_size,
    "jsonarraycontains": _json_array_contains,
    "split": _split,
}
