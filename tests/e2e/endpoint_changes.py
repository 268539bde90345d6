"""Rows of the table of changes about what stands before the load balancer of the prod stack, which has a certificate
that was given."""

from __future__ import annotations

from tests.e2e.change import Change, create, delete, update
from tests.e2e.touches import SHOWS_COST

ZONE = "Z0123456789ABCDEFGHIJ"

ENDPOINT_CHANGES = (
    Change(
        name="access-logs",
        config={"vllm:endpoint": {"accessLogs": True}},
        touched=(
            *(
                create(f"{kind} vllm-access-logs", why="a bucket for the logs, its guards and when it forgets")
                for kind in (
                    "AccessLogs",
                    "Bucket",
                    "BucketPublicAccessBlock",
                    "BucketOwnershipControls",
                    "BucketServerSideEncryptionConfiguration",
                    "BucketPolicy",
                    "BucketLifecycleConfiguration",
                )
            ),
            update("LoadBalancer vllm", "accessLogs", why="begins to write them, in place"),
            SHOWS_COST,
        ),
    ),
    Change(
        name="firewall",
        config={"vllm:endpoint": {"waf": True}},
        touched=(
            *(
                create(f"{kind} vllm-firewall", why="stands before the load balancer, which stays as it is")
                for kind in ("Firewall", "WebAcl", "WebAclAssociation")
            ),
            SHOWS_COST,
        ),
    ),
    Change(
        name="rate-limit",
        config={"vllm:endpoint": {"rateLimit": {"perKey": 600}}},
        touched=(
            *(
                create(f"{kind} vllm-firewall", why="what counts requests is the firewall")
                for kind in ("Firewall", "WebAcl", "WebAclAssociation")
            ),
            SHOWS_COST,
        ),
    ),
    # The name has to be free: the CNAME record that led clients here goes first, or this upgrade keeps it waiting.
    Change(
        name="zone-in-place-of-a-certificate",
        config={"vllm:endpoint": {"hostedZoneId": ZONE, "certificateArn": None}},
        touched=(
            *(
                create(f"{kind} vllm-certificate", why="AWS issues one for the name")
                for kind in ("Certificate", "CertificateValidation")
            ),
            create("Record vllm-certificate-validation", why="by which AWS sees whose name it is"),
            create("DomainName vllm-domain", why="holds the name"),
            create("Record vllm-domain", why="leads clients to the load balancer"),
            update("Listener vllm-https", "certificateArn", why="shows the new certificate, without a gap"),
            update("MetricAlarm vllm-certificate-expiry", "dimensions", why="watches the new one"),
            update("Dashboard vllm", "dashboardBody", why="likewise"),
        ),
    ),
)

INTERNET_OFF = (
    *(
        delete(f"{kind} vllm-access-logs", why="nothing is logged any more")
        for kind in (
            "AccessLogs",
            "Bucket",
            "BucketPublicAccessBlock",
            "BucketOwnershipControls",
            "BucketServerSideEncryptionConfiguration",
            "BucketPolicy",
            "BucketLifecycleConfiguration",
        )
    ),
    *(delete(f"{kind} vllm-firewall", why="nobody guards") for kind in ("Firewall", "WebAcl", "WebAclAssociation")),
    update("LoadBalancer vllm", "accessLogs", why="writes none, before the bucket goes"),
    SHOWS_COST,
)
"""What goes with accessLogs, waf and rateLimit, of a stack that has them (test_engine_front.py)."""
