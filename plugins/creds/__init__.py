"""See which credentials are in use, where they come from and until when."""

from .chain import chain
from .whoami import whoami

__all__ = ["chain", "whoami"]
