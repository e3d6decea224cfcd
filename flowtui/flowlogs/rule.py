"""The rules of findings: TOML files, those of the package and the user's own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from string import Formatter

from flowtui.flowlogs.rule_aggregates import AGGREGATES
from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen
from flowtui.model.user_files import read_toml

BUNDLED = Path(__file__).parent / "rules"
_ALWAYS = ("who", "whom", "port", "first", "last", "score", "beside")
_NO_RULE = "aggregates.toml"


@frozen
class Rule:
    """What counts as a finding, said in queries over the rows of an aggregate."""

    name: str
    title: str
    """What is found, in a few words."""
    aggregate: str
    query: str
    """Threshold and score: each row is a finding; it has `who`, `first`, `last`, `score`."""
    sentence: str
    """With `{column}`, `{column:bytes}` for what the row says."""
    flows: str
    """The condition for exactly the records behind a row; `{column}` is its value, quoted."""
    attack: str = ""
    figures: Mapping[str, str] | None = None
    """Columns of the row, and the aggregate of the flows behind it that gives the same."""
    replaces: tuple[str, ...] = ()
    """Rules that say less of the same thing."""
    gives_way: tuple[str, ...] = ()
    """Rules whose finding about the same address makes this one no news."""
    false_positives: tuple[str, ...] = ()
    limits: str = ""
    """What it can't tell."""
    is_weak: bool = False
    """Whether it only says that something is new: of such findings two are enough."""
    fields: tuple[str, ...] = ()
    """The fields it needs besides those of its aggregate."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of its rows that a finding is made of."""
        named = [
            name for text in (self.sentence, self.flows)
            for _, name, _, _ in Formatter().parse(text) if name
        ]  # fmt: skip
        return tuple(dict.fromkeys([*_ALWAYS, *named, *(self.figures or {})]))

    @property
    def whole_query(self) -> str:
        """Its query, with the columns that a finding is made of."""
        return f"{self.query.strip()}\n| display {', '.join(self.columns)}"

    def missing(self, names: Collection[str]) -> tuple[str, ...]:
        """The fields that it needs and that are not among these, hyphenated."""
        needed = dict.fromkeys((*AGGREGATES[self.aggregate].fields, *self.fields))
        return tuple(name for name in needed if name not in names)


def bundled_rules() -> tuple[Rule, ...]:
    return tuple(_read_all(BUNDLED))


def read_rules(own: Path | None) -> tuple[Rule, ...]:
    """Those of the package, and those in the folder `own`, which win where a name is the same.

    Raises `UsageError`.
    """
    rules = {rule.name: rule for rule in _read_all(BUNDLED)}
    if own is not None and own.is_dir():
        rules |= {rule.name: rule for rule in _read_all(own)}
    return tuple(rules.values())


def _read_all(folder: Path) -> Iterator[Rule]:
    for path in sorted(folder.glob("*.toml")):
        if path.name != _NO_RULE:
            yield _read(path)


def _read(path: Path) -> Rule:
    try:
        told = read_toml(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"can't read the rule in {path}: {error}") from error
    return rule_of(path.stem, told, str(path))


_LISTS = ("replaces", "gives_way", "false_positives", "fields")
_NEEDED = ("title", "aggregate", "query", "sentence", "flows")


def rule_of(name: str, told: Mapping[str, object], where: str) -> Rule:
    """The rule that a file says; raises `UsageError` for what is none."""
    known = {each.name for each in fields(Rule)} - {"name"}
    if unknown := sorted(told.keys() - known):
        raise UsageError(
            f"the rule in {where} has {unknown[0]}; known are {', '.join(sorted(known))}"
        )
    for key in _NEEDED:
        if not isinstance(told.get(key), str) or not told[key]:
            raise UsageError(f"the rule in {where} lacks {key}; write it as a text")
    for key, value in told.items():
        _check(key, value, where)
    if told["aggregate"] not in AGGREGATES:
        choices = ", ".join(AGGREGATES)
        raise UsageError(f"the rule in {where} reads {told['aggregate']!r}; there are {choices}")
    values = {key: tuple(told[key]) if key in _LISTS else told[key] for key in told}  # type: ignore[arg-type]  # checked
    return Rule(name, **values)  # type: ignore[arg-type]  # checked


def _check(key: str, value: object, where: str) -> None:
    if key in _LISTS:
        is_right = isinstance(value, list) and all(isinstance(each, str) for each in value)
        kind = "a list of texts"
    elif key == "figures":
        is_right = isinstance(value, dict) and all(isinstance(e, str) for e in value.values())
        kind = "a table of texts"
    elif key == "is_weak":
        is_right, kind = isinstance(value, bool), "true or false"
    else:
        is_right, kind = isinstance(value, str), "a text"
    if not is_right:
        raise UsageError(f"the rule in {where} has no right {key}; write {kind}")
    if key in ("sentence", "flows"):
        try:
            list(Formatter().parse(str(value)))
        except ValueError as error:
            raise UsageError(f"the rule in {where} has no right {key}: {error}") from None
