"""Notes which host scripts in Python run, as opt/rehearsal/trace does for those in bash."""

import sys
from pathlib import Path

_argument = sys.orig_argv[1] if len(sys.orig_argv) > 1 else ""
if sys.orig_argv[1:3] == ["-m", "agent"]:
    _argument = "/opt/vllm/agent/__main__.py"
elif sys.orig_argv[1:2] == ["-m"] and sys.orig_argv[2].startswith("vllm."):
    _argument = f"/opt/{sys.orig_argv[2].replace('.', '/')}/__main__.py"
if _argument.startswith("/opt/vllm/"):
    with Path("/var/log/rehearsal-trace").open("a") as _log:
        _log.write(f"{_argument}:1\n")
