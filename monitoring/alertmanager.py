"""Whom Prometheus' alerts reach on AWS: the definition for the alert manager of Amazon Managed Service for Prometheus.

Formats: "Configuration" of Alertmanager (prometheus.io) and "Configure alert manager to send messages to your Amazon
SNS topic" (user guide of the service), which takes it under ``alertmanager_config`` and only SNS as a receiver.
"""

from __future__ import annotations

from textwrap import indent

import yaml

from monitoring.rules import inhibit_rules

RECEIVER = "stack"
# SNS: a subject has at most 100 characters, all ASCII. Both alerts that begin and alerts that end come here.
_SUBJECT = "{{ .Status | toUpper }}: {{ .CommonLabels.alertname }} (vLLM stack {{ .CommonLabels.stack }})"
_MESSAGE = (
    "{{ range .Alerts }}{{ .Status }} since {{ .StartsAt }}: {{ .Annotations.summary }}\n"
    "{{ .Annotations.description }}\n{{ .Annotations.runbook_url }}\n\n{{ end }}"
)


def alert_manager_definition(*, topic_arn: str, region: str) -> str:
    """The text of the definition: everything goes to one topic, which the workspace must be allowed to publish to."""
    config = {
        # Alone in its message, as an alarm of CloudWatch is; told again while nobody has ended it.
        "route": {
            "receiver": RECEIVER,
            "group_by": ["alertname", "stack"],
            "group_wait": "30s",
            "repeat_interval": "1d",
        },
        "inhibit_rules": inhibit_rules(),
        "receivers": [
            {
                "name": RECEIVER,
                "sns_configs": [
                    {
                        "topic_arn": topic_arn,
                        "sigv4": {"region": region},
                        "subject": _SUBJECT,
                        "message": _MESSAGE,
                        "send_resolved": True,
                    }
                ],
            }
        ],
    }
    return f"alertmanager_config: |\n{indent(yaml.safe_dump(config, sort_keys=False, width=1000), '  ')}"
