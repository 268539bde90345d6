"""Notes which host scripts in Python run, as opt/rehearsal/trace does for those in bash."""

import sys
from pathlib import Path

for _argument in sys.orig_argv[1:2]:
    if _argument.startswith("/opt/vllm/"):
        with Path("/var/log/rehearsal-trace").open("a") as _log:
            _log.write(f"{_argument}:1\n")
