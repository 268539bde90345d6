"""On the path of the rig's docker plugin: what it reads from the engine has its keys in order.

The plugin compares sets sorted by their text, and the keys of an object arrive in an order that changes with each
message (Go's maps): the same labels were then a replacement, now and then.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import Any

with contextlib.suppress(ImportError):  # every Python that the plugin's environment reaches loads this
    props: Any = importlib.import_module("tfbridge.props")

    def _in_order(struct: Any) -> dict[str, Any]:
        return {key: props._from_value(struct.fields[key]) for key in sorted(struct.fields)}

    props.from_struct = _in_order
