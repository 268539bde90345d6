"""The instance's credentials are out of reach of requests and of containers."""

from __future__ import annotations

from collections.abc import Iterator

from policies.hosts import TEMPLATE
from policies.model import Deployment, Finding, Rule, found
from policies.rules.ssh_is_closed import INSTANCE


def check(deployment: Deployment) -> Iterator[Finding]:
    for host in deployment.of_type(TEMPLATE, INSTANCE):
        options = next(iter(host.entries("metadataOptions")), {})
        if options.get("httpEndpoint") == "disabled":
            continue
        if options.get("httpTokens") != "required":
            yield found(host, "IMDSv1 answers a plain GET: metadataOptions.httpTokens is not `required`")
        if options.get("httpPutResponseHopLimit") != 1:
            yield found(
                host, "containers get the instance's credentials: metadataOptions.httpPutResponseHopLimit is not 1"
            )


RULE = Rule(
    id="metadata-needs-token",
    level="mandatory",
    says="The metadata service asks for a token (IMDSv2) and answers one hop far.",
    cause="a media URL of http://169.254.169.254/ in a chat request makes a server fetch its own credentials, the "
    "way of the Capital One breach of 2019",
    remedy="keep httpTokens `required` and httpPutResponseHopLimit 1 in components/aws/launch_template.py",
    check=check,
)
