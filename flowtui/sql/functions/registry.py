"""The scalar functions of the language in SQL, by the name that the catalogue gives them."""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.sql.functions import addresses, choices, dates, json, moments, numbers, texts
from flowtui.sql.functions.arguments import Function

FUNCTIONS: Mapping[str, Function] = {
    **addresses.FUNCTIONS,
    **choices.FUNCTIONS,
    **dates.FUNCTIONS,
    **json.FUNCTIONS,
    **moments.FUNCTIONS,
    **numbers.FUNCTIONS,
    **texts.FUNCTIONS,
}
