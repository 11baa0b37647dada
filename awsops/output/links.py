"""ARNs in a table lead to the console, on terminals that show links (OSC 8).

https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda is what terminals agree on. One
that does not know it may show rubbish, so only those that say who they are get any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from awsops.env import Env

Paint = Callable[[str, str], str]

# The commercial partition alone: the others have consoles of their own.
_ARN = re.compile(r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[!-~]+")
_CONSOLE = "https://console.aws.amazon.com/go/view?arn="
_PROGRAMS = frozenset(("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "Tabby"))
_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour")
_VTE = 5_000  # VTE 0.50, GNOME Terminal and its kin


def can_link(env: Env, *, color: bool) -> bool:
    """Whether stdout is a terminal that shows links. FORCE_HYPERLINK=1 or 0 decides by hand."""
    environ = env.environ
    if not env.stdout_tty or not color or environ.get("AWS_ENDPOINT_URL"):
        return False  # what stands behind another endpoint is in no console
    forced = environ.get("FORCE_HYPERLINK")
    if forced:
        return forced != "0"
    if environ.get("TMUX") or environ.get("STY"):  # in between, links get lost or worse
        return False
    return _knows_links(environ)


def _knows_links(environ: Mapping[str, str]) -> bool:
    version = environ.get("VTE_VERSION", "")
    return (
        environ.get("TERM_PROGRAM") in _PROGRAMS
        or environ.get("TERM", "").startswith(_TERMS)
        or (version.isdecimal() and int(version) >= _VTE)
        or bool(environ.get("WT_SESSION") or environ.get("KITTY_WINDOW_ID"))
    )


def linking(paint: Paint) -> Paint:
    """A paint that also makes a link of each cell that is an ARN and nothing else."""

    def painted(text: str, role: str) -> str:
        shown = paint(text, role)
        if role != "cell" or not _ARN.fullmatch(text):
            return shown
        return f"\x1b]8;;{_CONSOLE}{quote(text, safe=':/')}\x1b\\{shown}\x1b]8;;\x1b\\"

    return painted
