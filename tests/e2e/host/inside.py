"""What a process in vLLM's container may do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.host.boot import BootedHost

ASK_FOR_TOKEN = """
import urllib.request as u
request = u.Request("http://169.254.169.254/latest/api/token", method="PUT")
request.add_header("X-aws-ec2-metadata-token-ttl-seconds", "60")
try:
    print(u.urlopen(request, timeout=5).status, end="")
except OSError:
    print("no answer", end="")
"""
FOLDERS = ("/", "/usr/bin", "/etc", "/opt", "/cache", "/run/secrets/vllm", "/sys/fs/cgroup")
WRITABLE = ("/tmp", "/cache/huggingface", "/cache/vllm", "/dev/shm")
LOOK = f"""
import json, os, tempfile
def refuses(folder):
    try:
        tempfile.NamedTemporaryFile(dir=folder).close()
    except OSError:
        return True
    return False
with open("/proc/self/status") as file:
    status = dict(line.split(":", 1) for line in file)
print(json.dumps({{
    "user": f"uid={{os.getuid()}} gid={{os.getgid()}}",
    "status": {{name: value.strip() for name, value in status.items() if name.startswith(("Cap", "NoNewPrivs"))}},
    "refused": [folder for folder in {FOLDERS + WRITABLE!r} if refuses(folder)],
}}))
"""


@dataclass(frozen=True, kw_only=True)
class Inside:
    """``refused``: folders in which it could make no file; ``metadata``: what it got of the instance's metadata."""

    user: str
    capabilities: Mapping[str, int]
    no_new_privileges: bool
    refused: frozenset[str]
    metadata: str


def look_inside(host: BootedHost) -> Inside:
    """By a process that `docker exec` starts: it gets what the container's own have."""
    seen = json.loads(host.run("docker", "exec", "vllm", "python3", "-c", LOOK))
    return Inside(
        user=seen["user"],
        capabilities={name: int(value, 16) for name, value in seen["status"].items() if name.startswith("Cap")},
        no_new_privileges=seen["status"]["NoNewPrivs"] == "1",
        refused=frozenset(seen["refused"]),
        metadata=host.run("docker", "exec", "vllm", "python3", "-c", ASK_FOR_TOKEN),
    )
