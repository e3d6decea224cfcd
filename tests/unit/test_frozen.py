"""`frozen` beside `dataclass(frozen=True, slots=True)`: whatever one does, the other does."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.model.frozen import frozen


def made_by(decorate: Callable[..., Any], by_identity: Callable[..., Any]) -> SimpleNamespace:
    @decorate
    class Base:
        span: int = field(default=-1, compare=False, repr=False, kw_only=True)

    @decorate
    class Flow(Base):
        source: str
        port: int = 443
        tags: dict[str, int] = field(default_factory=dict, hash=False)
        key: str = field(init=False, repr=False, compare=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "key", f"{self.source}:{self.port}")

    @decorate
    class Named(Flow):  # noqa: PLW1641  (the hash is what is tested)
        name: str = ""

        def __repr__(self) -> str:
            return f"<{self.name}>"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Named) and self.name == other.name

    @decorate
    class Empty:
        pass

    @by_identity
    class Open:
        port: int

    return SimpleNamespace(base=Base, flow=Flow, named=Named, empty=Empty, open=Open)


OURS = made_by(frozen, frozen(eq=False))
THEIRS = made_by(dataclass(frozen=True, slots=True), dataclass(frozen=True, slots=True, eq=False))

ARGUMENTS = st.tuples(
    st.lists(st.sampled_from(["10.0.0.1", "10.0.0.2", 22, 443, {"a": 1}]), max_size=5),
    st.dictionaries(
        st.sampled_from(["source", "port", "tags", "key", "span", "name"]), st.integers(0, 2)
    ),
)
KINDS = st.sampled_from(["base", "flow", "named", "empty", "open"])


@given(KINDS, ARGUMENTS, KINDS, ARGUMENTS)
def test_the_same_arguments_make_the_same(
    kind: str, given_: tuple[Any, Any], other: str, others: tuple[Any, Any]
) -> None:
    def found(shapes: SimpleNamespace) -> list[object]:
        one, two = told(shapes, kind, given_), told(shapes, other, others)
        if isinstance(one, TypeError) or isinstance(two, TypeError):
            return [isinstance(one, TypeError), isinstance(two, TypeError)]
        again = told(shapes, kind, given_)
        is_one_hash = hash_of(one) is not None and hash_of(one) == hash_of(again)
        return [
            repr(one).rpartition(".")[2], one == two, one != two, one == again, one == 1,
            hash_of(one) is None, is_one_hash,
            [(each.name, getattr(one, each.name)) for each in fields(one)],
            hasattr(one, "__dict__"), type(one).__match_args__,
        ]  # fmt: skip

    assert found(OURS) == found(THEIRS)


def told(shapes: SimpleNamespace, kind: str, arguments: tuple[Any, Any]) -> Any:
    try:
        return getattr(shapes, kind)(*arguments[0], **arguments[1])
    except TypeError as error:
        return error


def hash_of(value: object) -> int | None:
    try:
        return hash(value)
    except TypeError:
        return None


@pytest.mark.parametrize("shapes", [OURS, THEIRS])
def test_nothing_of_it_changes(shapes: SimpleNamespace) -> None:
    flow = shapes.flow("10.0.0.1")
    for name in ("port", "key", "unknown"):
        with pytest.raises((FrozenInstanceError, TypeError)):  # slots of old versions
            setattr(flow, name, 1)
    with pytest.raises((FrozenInstanceError, TypeError)):
        del flow.port
    assert replace(flow, port=22).key == "10.0.0.1:22"
    assert flow.port == 443


@pytest.mark.parametrize("shapes", [OURS, THEIRS])
def test_a_copy_has_the_same_values(shapes: SimpleNamespace) -> None:
    flow = shapes.flow("10.0.0.1", tags={"a": 1}, span=7)
    for twin in (copy.copy(flow), copy.deepcopy(flow)):
        assert (twin, twin.span, twin.key) == (flow, 7, flow.key)


@frozen
class Pair:
    one: int
    other: tuple[int, ...] = ()


def test_one_in_a_module_is_pickled_and_matched() -> None:
    pair = Pair(1, other=(2, 3))
    assert pickle.loads(pickle.dumps(pair)) == pair  # noqa: S301  (our own)
    match pair:
        case Pair(one, (first, *_)):
            assert (one, first) == (1, 2)


@pytest.mark.parametrize("again", [False, True])
def test_a_wrong_call_names_the_class_and_the_argument(again: bool) -> None:
    @frozen
    class Flow:
        source: str

    if again:
        Flow("10.0.0.1")
    with pytest.raises(TypeError, match=r"Flow\.__init__\(\) .*unexpected .*'port'"):
        Flow("10.0.0.1", port=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"Flow\.__init__\(\) missing .*'source'"):
        Flow()  # type: ignore[call-arg]
