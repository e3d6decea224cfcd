"""The functions that make maps and lists and read them (insights-ql.md 2.4 and 2.6)."""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.sql import value as values
from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.value import Value


def _array(value: Value) -> str:
    """JSON text of the list that the value is or, as a text, spells."""
    spelled = f"flow_list(flow_json({value.text}))"
    return f"coalesce(flow_list({value.json}), {spelled})" if value.json else spelled


def _json_parse(a: Arguments) -> Value:
    """A map or a list; missing where the text is neither."""
    return values.structure(f"flow_structure({a.text(0)})", "jsonParse")


def _json_stringify(a: Arguments) -> Value:
    """The JSON text of a map or a list; missing for anything else (ours)."""
    json = a.value(0).json
    return values.text(f"flow_structure({json})") if json else values.MISSING


def _json_array_size(a: Arguments) -> Value:
    """Of a list, or of a text that is a JSON array; missing for anything else (ours)."""
    return values.integer(f"CAST(json_array_length({_array(a.value(0))}) AS BIGINT)")


def _json_array_contains(a: Arguments) -> Value:
    """Whether an element reads as the value, letter by letter; 0 for what is no array."""
    texts = f"list_transform(flow_elements({_array(a.value(0))}), lambda e: flow_json_text(e))"
    return values.boolean(f"list_contains({texts}, {a.text(1)})")


def _split(a: Arguments) -> Value:
    """A list; by an empty delimiter, of the characters (ours)."""
    json = f"CAST(to_json(string_split({a.text(0)}, {a.text(1)})) AS VARCHAR)"
    missing = f"{a.text(0)} IS NULL OR {a.text(1)} IS NULL"
    return values.structure(f"CASE WHEN {missing} THEN NULL ELSE {json} END", "split")


FUNCTIONS: Mapping[str, Function] = {
    "jsonparse": _json_parse,
    "jsonstringify": _json_stringify,
    "jsonarraysize": _json_array_size,
    "jsonarraycontains": _json_array_contains,
    "split": _split,
}
