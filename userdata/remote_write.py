"""What sends a host's metrics to Amazon Managed Service for Prometheus: the configuration of a Prometheus agent."""

from __future__ import annotations

from typing import Any

import yaml

from monitoring.promql import job_name
from monitoring.rules import SCRAPE_LONGEST_S

CONFIG_FILE = "/etc/vllm/remote-write.yaml"
_OURS = "(vllm:|vllm_host_|http_requests_total).*"  # what rules and panels ask for; not the Python process's own


def remote_write_config(*, stack: str, region: str, url: str) -> str:
    """A file for ``prometheus --agent``. ``url``: of the workspace, ending in ``/api/v1/remote_write``.

    It asks as rarely as the rules allow: samples are what costs. Requests are signed with the keys of the instance's
    role, which the agent gets from the metadata service. The target, with the instance's id, is a file beside it, which
    ``remote-write.sh`` writes.
    """
    config: dict[str, Any] = {
        "global": {"scrape_interval": f"{SCRAPE_LONGEST_S}s", "external_labels": {"stack": stack}},
        "scrape_configs": [
            {
                "job_name": job_name(stack),
                "file_sd_configs": [{"files": ["/etc/prometheus/targets/*.json"]}],
                "metric_relabel_configs": [
                    {"source_labels": ["__name__"], "regex": _OURS, "action": "keep"},
                    {"source_labels": ["__name__"], "regex": ".+_created", "action": "drop"},
                ],
            }
        ],
        "remote_write": [{"url": url, "sigv4": {"region": region}}],
    }
    return yaml.safe_dump(config, sort_keys=False)
