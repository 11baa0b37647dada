"""Look into Kinesis streams, reshard them with a plan, read and write them."""

from __future__ import annotations

from .looking import ls as ls
from .looking import shards_ as shards_  # without the underscore it would hide the module
from .records import put as put
from .records import tail as tail
from .resharding import balance as balance
from .resharding import merge as merge
from .resharding import mode as mode
from .resharding import scale as scale
from .resharding import split as split
from .settings import consumers as consumers
from .settings import retention as retention
