"""Frozen dataclasses with slots that are made in a tenth of the time.

The standard library writes and compiles six methods for each class while its module is imported:
for the hundred classes of a short command, a third of its start. Here five of them exist once for
all classes, and `__init__` is written when the first instance is made. All else is the standard
library's: `field` and its options, `fields`, `replace`, `__post_init__`, `match`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform, overload

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, eq: bool) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T] | None = None, /, *, eq: bool = True) -> Any:
    """As `dataclass(frozen=True, slots=True)`; without `eq`, each instance equals only itself."""
    if cls is None:
        return lambda cls: _made(cls, eq=eq)
    return _made(cls, eq=eq)


def _made(cls: type[T], *, eq: bool) -> type[T]:
    own = vars(cls)
    written = {name for name in ("__eq__", "__hash__", "__repr__") if own.get(name) is not None}
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    methods: dict[str, Callable[..., Any]] = {"__repr__": _repr} | _by_meaning(made, eq=eq)
    for name in methods.keys() - written:
        setattr(made, name, methods[name])
    for name, method in (_UNCHANGING | {"__init__": _unwritten(made)}).items():
        setattr(made, name, method)
    return made


def _by_meaning(cls: type, *, eq: bool) -> dict[str, Callable[..., Any]]:
    """Equality and hash by the values of fields; what is hashed may be less than is compared."""
    if not eq:
        return {}
    known = fields(cls)
    compared = _values([each.name for each in known if each.compare])
    hashed = _values([e.name for e in known if (e.compare if e.hash is None else e.hash)])

    def is_equal(self: object, other: object) -> Any:
        if self.__class__ is not other.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    def hash_of(self: object) -> int:
        return hash((self.__class__, hashed(self)))

    return {"__eq__": is_equal, "__hash__": hash_of}


def _values(names: Sequence[str]) -> Callable[[object], object]:
    return attrgetter(*names) if names else lambda _: ()


def _repr(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_set(self: object, name: str, value: object) -> None:  # noqa: ARG001
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:  # noqa: ARG001
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, each.name) for each in fields(self)]


def _restore(self: Any, state: list[object]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


_UNCHANGING = {
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    # A copy would be filled by assignments.
    "__getstate__": _state,
    "__setstate__": _restore,
}


def _unwritten(cls: type) -> Callable[..., None]:
    """The `__init__` that puts the real one into its place: most classes have no instances."""

    def first(self: object, *values: object, **named: object) -> None:
        written = _written(cls)
        cls.__init__ = written  # type: ignore[misc]
        written(self, *values, **named)

    return first


def _written(cls: type) -> Callable[..., None]:
    """The `__init__` that the standard library would write, but for how it sets the slots."""
    known: dict[str, object] = {"_unset": MISSING}
    parameters: dict[bool, list[str]] = {False: [], True: []}
    lines = []
    for each in fields(cast("type[DataclassInstance]", cls)):
        if not each.init:
            continue  # `__post_init__` sets it
        name, value = each.name, each.name
        parameter = name
        if each.default is not MISSING:
            known[f"_default_{name}"] = each.default
            parameter = f"{name}=_default_{name}"
        elif each.default_factory is not MISSING:
            known[f"_make_{name}"] = each.default_factory
            parameter = f"{name}=_unset"
            value = f"_make_{name}() if {name} is _unset else {name}"
        known[f"_set_{name}"] = getattr(cls, name).__set__
        parameters[each.kw_only is True].append(parameter)
        lines.append(f"_set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    star = ["*"] if parameters[True] else []
    head = f"def __init__({', '.join(['self', *parameters[False], *star, *parameters[True]])}):"
    # Of a class this has names only, which the parser has let pass.
    exec("\n ".join([head, *lines, "return None"]), known)  # noqa: S102
    written = cast("Callable[..., None]", known["__init__"])
    written.__qualname__ = f"{cls.__qualname__}.__init__"
    return written
