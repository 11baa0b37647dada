"""yaml: one document, a list of the rows, that YAML 1.1 and 1.2 readers understand alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

# PyYAML knows YAML 1.1 only and would leave `089123456789` (an account) and `1e5` (a commit)
# bare, which a YAML 1.2 reader takes for numbers: https://yaml.org/spec/1.2.2/#1032-tag-resolution
_LIKE_A_NUMBER = re.compile(r"[-+.]?[0-9][-+.:_0-9a-fA-FxXoO]*")

# Escaped for the same reason as in records.json_text.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def yaml_document(value: object, ascii_only: bool) -> str:
    """A value as one YAML document."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes every value in full: anchors would puzzle readers that are not YAML libraries."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    Dumper.add_representer(str, _string)
    text = yaml.dump(
        value,
        Dumper=Dumper,
        allow_unicode=not ascii_only,
        sort_keys=False,
        default_flow_style=False,
        width=1_000_000,  # never folded: a line of the output is a line of the data
        explicit_end=False,
    )
    # What is left of these stands inside double quotes (see _string), where an escape is the same.
    text = _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04X}", text)
    return text.removesuffix("...\n")


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if _UNSAFE.search(text):
        style = '"'
    elif "\n" in text:
        style = "|"
    elif _LIKE_A_NUMBER.fullmatch(text):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
