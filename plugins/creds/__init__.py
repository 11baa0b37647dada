"""See which credentials are in use, where they come from and until when."""

from .chain import chain
from .decode import decode
from .report import report
from .rotate import rotate
from .whoami import whoami

__all__ = ["chain", "decode", "report", "rotate", "whoami"]
