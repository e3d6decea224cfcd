"""The changes of a text, step by step, to be undone and done again."""

from __future__ import annotations

from flowtui.model.frozen import frozen

Caret = tuple[int, int]
"""Where a selection begins and where the cursor is, in characters from the start of the text."""


@frozen
class Change:
    """From `start` on `inserted` stands where `removed` was."""

    start: int
    removed: str
    inserted: str

    @property
    def end(self) -> int:
        """Where the inserted text ends."""
        return self.start + len(self.inserted)

    @property
    def is_of_one_letter(self) -> bool:
        """As a key makes it: a letter written, perhaps over a selection, or a letter erased."""
        return len(self.inserted or self.removed) == 1

    @property
    def growth(self) -> int:
        return len(self.inserted) - len(self.removed)

    @property
    def reversed(self) -> Change:
        return Change(self.start, self.inserted, self.removed)

    def applied(self, text: str) -> str:
        return text[: self.start] + self.inserted + text[self.start + len(self.removed) :]


@frozen
class UndoStep:
    """A change with the carets before and after it."""

    change: Change
    before: Caret
    after: Caret

    @property
    def reversed(self) -> UndoStep:
        return UndoStep(self.change.reversed, self.after, self.before)


class UndoHistory:
    """Letters that are typed or erased one after the other are one step for each word.

    Nothing is ever lost: who takes steps back and then writes on has the writing taken back first,
    then the taking back, as in Emacs.
    """

    def __init__(self) -> None:
        self._done: list[UndoStep] = []
        self._undone: list[UndoStep] = []
        self._is_open = False
        """Whether the last step may go on."""

    def record(self, step: UndoStep) -> None:
        if step.change == step.change.reversed:
            return
        joined = _joined(self._done[-1], step) if self._is_open else None
        if joined is not None:
            self._done[-1] = joined
        else:
            back = [undone.reversed for undone in self._undone]
            self._done += [*reversed(self._undone), *back, step]
            self._undone.clear()
        self._is_open = step.change.is_of_one_letter

    def seal(self) -> None:
        """The next change is a step of its own."""
        self._is_open = False

    def undo(self) -> UndoStep | None:
        """The step that takes the last one back; None at the first text."""
        self.seal()
        if not self._done:
            return None
        step = self._done.pop()
        self._undone.append(step)
        return step.reversed

    def redo(self) -> UndoStep | None:
        """The step that was taken back last; None where a change has been made since."""
        self.seal()
        if not self._undone:
            return None
        step = self._undone.pop()
        self._done.append(step)
        return step


def _joined(last: UndoStep, step: UndoStep) -> UndoStep | None:
    """Both as one, if the second goes on where the first has left the cursor, in the same word."""
    if last.after != step.before:
        return None
    one, other = last.change, step.change
    if len(other.inserted) == 1 and not other.removed and other.start == one.end:
        change = _typed_on(one, other)
    elif len(other.removed) == 1 and not other.inserted and not one.inserted:
        change = _erased_on(one, other)
    else:
        change = None
    return None if change is None else UndoStep(change, last.before, step.after)


def _typed_on(one: Change, letter: Change) -> Change | None:
    """A word ends where a blank follows it; a blank belongs to the word after it."""
    if not one.inserted or _ends_word(one.inserted[-1], letter.inserted):
        return None
    return Change(one.start, one.removed, one.inserted + letter.inserted)


def _erased_on(one: Change, letter: Change) -> Change | None:
    if letter.start + 1 == one.start and not _ends_word(one.removed[0], letter.removed):
        return Change(letter.start, letter.removed + one.removed, "")
    if letter.start == one.start and not _ends_word(one.removed[-1], letter.removed):
        return Change(one.start, one.removed + letter.removed, "")
    return None


def _ends_word(before: str, letter: str) -> bool:
    return letter.isspace() and not before.isspace()
