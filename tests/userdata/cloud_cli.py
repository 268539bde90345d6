"""Fakes of curl and aws for a host that leaves and comes back: answers that change from question to question."""

from __future__ import annotations

from tests.userdata.host import INSTANCE, Host

_NEXT = """
count() { echo x >>"{root}/asked-$1"; wc -l <"{root}/asked-$1"; }
pick() { local n; n=$(count "$1"); shift; ((n <= $#)) || n=$#; echo "${!n}"; }
"""


def play_cloud(host: Host, *, targets: list[str], states: list[str]) -> None:
    """``targets`` and ``states``: what the target and the instance are at each question; the last one stays.
    "None" is what the CLI prints for a target that is not there."""
    host.fake(
        "curl",
        f"""case "$*" in
  *api/token*) echo token ;;
  *instance-id*) echo {INSTANCE} ;;
  *availability-zone*) echo us-east-1a ;;
esac""",
    )
    host.fake(
        "aws",
        f"""{_NEXT.replace("{root}", str(host.root))}
case "$*" in
  *describe-target-health*) pick targets {" ".join(targets)} ;;
  *describe-auto-scaling-instances*) echo "vllm-group $(pick states {" ".join(states)})" ;;
  *describe-volumes*) echo "vol-0a in-use i-0123456789abcdef0 attached dev None" ;;
esac""",
    )
