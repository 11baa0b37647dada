"""A list of names on a terminal: what is typed stands above what matches it, and nothing else can
be chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from awsops.output.cells import cell_width, pad, shorten_middle, visible

if TYPE_CHECKING:
    from prompt_toolkit.application import Application
    from prompt_toolkit.formatted_text import StyleAndTextTuples

# An arrow key begins with Esc too: so long its other bytes may be under way, on a slow line.
ESCAPE_SECONDS = 0.1
_POINTER = "> "
_GAP = "  "
_LEAST_NAME = 16  # cells; where both do not fit, what stands beside the names gives way


class NameList:
    """Names with what matters beside each, narrowed down by what is typed.

    Of several words each has to stand in the name or beside it, in any case. A name that is just
    what was typed comes first, then those that begin so.
    """

    def __init__(self, names: Sequence[str], details: Sequence[str] = ()) -> None:
        self._names = names
        beside = [*details, *[""] * (len(names) - len(details))]
        self._lines = [(visible(n), visible(d)) for n, d in zip(names, beside, strict=True)]
        self._found = [f"{name} {detail}".lower() for name, detail in self._lines]
        self.typed = ""
        self.matching: list[int] = list(range(len(names)))
        self.pointed = 0
        self.taken = False

    @property
    def chosen(self) -> str | None:
        """The name that is pointed at; None when nothing matches what was typed."""
        return self._names[self.matching[self.pointed]] if self.matching else None

    def type(self, text: str) -> None:
        """Add to what was typed; what no screen shows is left out."""
        self._look_for(self.typed + "".join(c for c in text if c.isprintable()))

    def erase(self) -> None:
        """Take the last character back."""
        self._look_for(self.typed[:-1])

    def erase_word(self) -> None:
        """Take the last word back."""
        self._look_for(self.typed.rstrip().rpartition(" ")[0])

    def erase_all(self) -> None:
        """Begin again."""
        self._look_for("")

    def step(self, by: int) -> None:
        """One up or down, from one end to the other."""
        if self.matching:
            self.pointed = (self.pointed + by) % len(self.matching)

    def leap(self, by: int) -> None:
        """Several up or down, no further than the ends."""
        self.pointed = max(0, min(len(self.matching) - 1, self.pointed + by))

    def rows(self, columns: int, room: int) -> list[tuple[bool, str]]:
        """The lines that are shown, at most `room` of `columns` cells, and which is pointed at."""
        first = max(0, min(self.pointed - room // 2, len(self.matching) - room))
        shown = [self._lines[index] for index in self.matching[first : first + room]]
        inside = max(columns - 1 - len(_POINTER), 1)
        beside = max((cell_width(detail) for _, detail in shown), default=0)
        if inside - len(_GAP) - beside < _LEAST_NAME:
            beside = 0
        widest = max((cell_width(name) for name, _ in shown), default=0)
        width = min(widest, inside - (len(_GAP) + beside if beside else 0))
        lines = []
        for number, (name, detail) in enumerate(shown, first):
            line = pad(shorten_middle(name, width), width)
            pointed = number == self.pointed
            lines.append((pointed, (f"{line}{_GAP}{detail}" if beside else line).rstrip()))
        return lines

    def status(self, columns: int) -> str:
        """How many match, and as many of the keys as there is room for."""
        every = f"{len(self._names)} names" if len(self._names) > 1 else "1 name"
        if not self.matching:
            said = f"none of {every} has that in it"
            keys: tuple[str, ...] = ("; Backspace takes it back, Esc leaves", "")
        else:
            said = f"{len(self.matching)} of {every}" if self.typed else every
            keys = (
                "; type to search, arrows move, Enter chooses, Esc leaves",
                "; Enter chooses, Esc leaves",
                "",
            )
        return next((said + k for k in keys if len(said + k) < columns), said)

    def _look_for(self, typed: str) -> None:
        self.typed, self.pointed = typed, 0
        whole, words = typed.strip().lower(), typed.lower().split()
        found = [i for i, text in enumerate(self._found) if all(word in text for word in words)]
        if whole:
            names = self._lines
            found.sort(key=lambda i: _distance(names[i][0].lower(), whole))
        self.matching = found


def _distance(name: str, typed: str) -> int:
    return 0 if name == typed else 1 if name.startswith(typed) else 2


def choose(question: str, names: NameList, screen: TextIO) -> str:
    """Show the list on the screen, below the question, until one is chosen. KeyboardInterrupt when
    the person leaves.
    """
    from questionary import Question

    return str(Question(_application(question, names, screen)).unsafe_ask())


def _application(question: str, names: NameList, screen: TextIO) -> Application[str]:
    from prompt_toolkit.application import Application
    from prompt_toolkit.filters import is_done
    from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, Window
    from prompt_toolkit.layout.controls import FormattedTextControl
    from prompt_toolkit.output import create_output
    from prompt_toolkit.styles import Style

    output = create_output(stdout=screen)

    def asked() -> StyleAndTextTuples:
        said = names.chosen if names.taken else names.typed
        return [("", f"{question}: "), ("bold", said or ""), ("[SetCursorPosition]", "")]

    def listed() -> StyleAndTextTuples:
        size = output.get_size()
        # Above it the question, which may take two lines; below it the status.
        rows = names.rows(size.columns, max(size.rows - 4, 1))
        parts: StyleAndTextTuples = [
            ("bold" if pointed else "", f"{_POINTER if pointed else ' ' * len(_POINTER)}{text}\n")
            for pointed, text in rows
        ]
        return [*parts, ("", names.status(size.columns))]

    question_line = FormattedTextControl(asked, focusable=True, show_cursor=True)
    below = Window(FormattedTextControl(listed), dont_extend_height=True)
    application: Application[str] = Application(
        layout=Layout(
            HSplit(
                [
                    Window(question_line, wrap_lines=True, dont_extend_height=True),
                    ConditionalContainer(below, filter=~is_done),
                ]
            )
        ),
        key_bindings=_keys(names, output),
        # Without colours: those that vanish on white, or on black.
        style=Style([]),
        output=output,
    )
    application.ttimeoutlen = ESCAPE_SECONDS
    return application


def _keys(names: NameList, output: Any) -> Any:
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.keys import Keys

    keys = KeyBindings()

    def bind(act: Any, *pressed: Any) -> None:
        for key in pressed:
            keys.add(key, eager=True)(act)

    def leave(event: Any) -> None:
        event.app.exit(exception=KeyboardInterrupt)

    def take(event: Any) -> None:
        if names.chosen is not None:
            names.taken = True
            event.app.exit(result=names.chosen)

    def page() -> int:
        return max(int(output.get_size().rows) - 5, 1)

    bind(leave, Keys.ControlC, Keys.ControlD, Keys.ControlQ, Keys.Escape)
    bind(take, Keys.Enter)
    bind(lambda _: names.step(-1), Keys.Up, Keys.ControlP)
    bind(lambda _: names.step(1), Keys.Down, Keys.ControlN)
    bind(lambda _: names.leap(-page()), Keys.PageUp)
    bind(lambda _: names.leap(page()), Keys.PageDown)
    bind(lambda _: names.leap(-len(names.matching)), Keys.Home)
    bind(lambda _: names.leap(len(names.matching)), Keys.End)
    bind(lambda _: names.erase(), Keys.Backspace)
    bind(lambda _: names.erase_word(), Keys.ControlW)
    bind(lambda _: names.erase_all(), Keys.ControlU)
    # What is pasted ends at its first line: nothing is chosen by a line break that came with it.
    keys.add(Keys.BracketedPaste)(lambda event: names.type(event.data.split("\n")[0]))
    keys.add(Keys.Any)(lambda event: names.type(event.data))
    return keys
