"""The keys of the query editor.

They are those of readline where it has one. What every terminal can send comes first: `alt+z` is
ESC z, and `ctrl+underscore` is what ctrl+_ , ctrl+/ and ctrl+7 send. Above that stand the keys that
only some terminals can tell apart. ctrl+z is the shell's, as everywhere.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

from flowtui.ui.widgets.key_bar import MORE

WRITING: list[BindingType] = [
    Binding(
        "f10", "format", "Format", id="format", key_display="F10", group=MORE,
        tooltip="Lay the query out, one command a line",
    ),
    Binding(
        "alt+z,ctrl+underscore", "undo", "Undo", id="undo", show=False, key_display="alt+z",
        tooltip="Take back the last change: a word, a paste, or a query that was put here",
    ),
    Binding(
        "alt+shift+z,ctrl+shift+z", "redo", "Redo", id="redo", show=False,
        key_display="alt+shift+z", tooltip="Do again what was taken back",
    ),
    Binding(
        "tab", "accept", "Complete", id="accept", show=False,
        tooltip="Take the choice that is offered; else offer some, or indent",
    ),
    Binding(
        "shift+tab", "outdent", "Outdent", id="outdent", show=False,
        tooltip="Take two blanks from the beginning of the line",
    ),
    Binding(
        "ctrl+@,ctrl+space", "complete", "Choices", id="complete", show=False,
        key_display="^space", tooltip="What can be written here; Tab takes it",
    ),
    Binding(
        "alt+c", "comment", "Comment", id="comment", show=False,
        tooltip="Make the lines comments, or undo that",
    ),
]  # fmt: skip

SEEKING: list[BindingType] = [
    Binding(
        "ctrl+f", "find", "Find text", id="editor.find", show=False, key_display="^f",
        tooltip="Find in the query: Enter goes to the next, Up to the one before, Escape ends it",
    ),
    Binding(
        "alt+up,alt+p", "earlier(1)", "Earlier", id="earlier", show=False, key_display="alt+up",
        tooltip="The query that was asked before this one; undo gives the text back",
    ),
    Binding(
        "alt+down,alt+n", "earlier(-1)", "Later", id="later", show=False, key_display="alt+down",
        tooltip="Back to later queries, and at last to the text one began with",
    ),
]  # fmt: skip

CUTTING: list[BindingType] = [
    Binding(
        "ctrl+k", "kill('line_end')", "Cut after", id="editor.kill_line_end", show=False,
        tooltip="Cut what is left of the line",
    ),
    Binding(
        "ctrl+u", "kill('line_start')", "Cut before", id="editor.kill_line_start", show=False,
        tooltip="Cut the line up to the cursor",
    ),
    Binding(
        "ctrl+w,alt+backspace", "kill('word_left')", "Cut word",
        id="editor.kill_word_left", show=False, tooltip="Cut the word before the cursor",
    ),
    Binding(
        "alt+d", "kill('word_right')", "Cut next",
        id="editor.kill_word_right", show=False, tooltip="Cut the word after the cursor",
    ),
    Binding(
        "alt+y,ctrl+v", "yank", "Put back", id="editor.yank", show=False,
        tooltip="Write what was cut or copied last",
    ),
    Binding("ctrl+shift+k", "kill('line')", "Cut line", id="editor.kill_line", show=False),
    Binding("shift+delete,super+x", "cut", "Cut", id="editor.cut", show=False),
    Binding("ctrl+c,super+c", "copy", "Copy", id="editor.copy", show=False),
    Binding("backspace", "delete_left", "Delete", id="editor.delete_left", show=False),
    Binding("delete,ctrl+d", "delete_right", "Delete next", id="editor.delete_right", show=False),
]  # fmt: skip

MOVING: list[BindingType] = [
    Binding(
        "ctrl+home", "text_end(-1)", "Text start", id="editor.text_start", show=False,
        tooltip="To the start of the query",
    ),
    Binding(
        "ctrl+end", "text_end(1)", "Text end", id="editor.text_end", show=False,
        tooltip="To the end of the query",
    ),
    Binding(
        "ctrl+left,alt+left", "cursor_word_left", "Word left", id="editor.word_left",
        show=False, tooltip="A word to the left",
    ),
    Binding(
        "ctrl+right,alt+right", "cursor_word_right", "Word right", id="editor.word_right",
        show=False, tooltip="A word to the right",
    ),
    Binding(
        "f2", "select_all", "Select all", id="select_all", show=False, key_display="F2",
        tooltip="All of the query, to write another in its place",
    ),
    Binding("up", "cursor_up", "Up", id="editor.up", show=False),
    Binding("down", "cursor_down", "Down", id="editor.down", show=False),
    Binding("left", "cursor_left", "Left", id="editor.left", show=False),
    Binding("right", "cursor_right", "Right", id="editor.right", show=False),
    Binding("home,ctrl+a", "cursor_line_start", "Line start", id="editor.line_start", show=False),
    Binding("end,ctrl+e", "cursor_line_end", "Line end", id="editor.line_end", show=False),
    Binding("pageup", "cursor_page_up", "Page up", id="editor.page_up", show=False),
    Binding("pagedown", "cursor_page_down", "Page down", id="editor.page_down", show=False),
]  # fmt: skip

SELECTING: list[BindingType] = [
    Binding(keys, action, description, id=f"editor.select_{name}", show=False)
    for name, keys, action, description in (
        ("up", "shift+up", "cursor_up(True)", "Select up"),
        ("down", "shift+down", "cursor_down(True)", "Select down"),
        ("left", "shift+left", "cursor_left(True)", "Select left"),
        ("right", "shift+right", "cursor_right(True)", "Select right"),
        ("line_start", "shift+home", "cursor_line_start(True)", "Select to line start"),
        ("line_end", "shift+end", "cursor_line_end(True)", "Select to line end"),
        ("word_left", "ctrl+shift+left,alt+shift+left", "cursor_word_left(True)", "Select word"),
        ("word_right", "ctrl+shift+right,alt+shift+right", "cursor_word_right(True)",
         "Select next word"),
        ("text_start", "ctrl+shift+home", "text_end(-1, True)", "Select to the start"),
        ("text_end", "ctrl+shift+end", "text_end(1, True)", "Select to the end"),
    )
]  # fmt: skip

ALSO: list[BindingType] = [
    # The same keys by the names that terminals with newer protocols send, and those of a Mac.
    Binding("ctrl+slash,ctrl+shift+minus,ctrl+7,super+z", "undo", "Undo", show=False),
    Binding("super+shift+z", "redo", "Redo", show=False),
    Binding("alt+b", "cursor_word_left", "Word left", show=False),
    Binding("alt+f", "cursor_word_right", "Word right", show=False),
    Binding("ctrl+backspace", "kill('word_left')", "Cut word", show=False),
    Binding("alt+delete,ctrl+delete", "kill('word_right')", "Cut next", show=False),
    Binding("super+backspace", "kill('line_start')", "Cut before", show=False),
]

EDITOR_KEYS: list[BindingType] = [
    *WRITING, *SEEKING, *CUTTING, *MOVING, *SELECTING, *ALSO
]  # fmt: skip
