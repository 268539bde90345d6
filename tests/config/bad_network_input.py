"""Rows of ``test_bad_input`` about the sections network and endpoint, in the form of ``bad_input``."""

from __future__ import annotations

from typing import Any

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/token-AbCdEf"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
ZONE = "Z0123456789ABCDEFGHIJ"
GIVEN_NETWORK = {
    "mode": "existing",
    "vpcId": "vpc-01234567",
    "privateSubnetIds": ["subnet-01234567", "subnet-89abcdef"],
}

BAD_NETWORK_INPUT: list[tuple[Any, ...]] = [
    # network
    ({"vllm:network": {"cidr": "10.0.0.0/25"}}, "vllm:network.cidr", "10.0.0.0/25", "/24", "10.42.0.0/16", "too few"),
    (
        {"vllm:network": {"cidr": "10.0.0.0/8"}},
        "vllm:network.cidr",
        "10.0.0.0/8",
        "/16",
        "10.42.0.0/16",
        "no VPC larger",
    ),
    (
        {"vllm:network": {"cidr": "10.0.0.1/24"}},
        "vllm:network.cidr",
        "10.0.0.1/24",
        "/16",
        "10.42",
        "network is 10.0.0.0/24",
    ),
    ({"vllm:network": {"cidr": "10.0.0/16"}}, "vllm:network.cidr", "10.0.0/16", "IPv4", "10.42", "not an IPv4 network"),
    ({"vllm:network": {"cidr": "172.17.8.0/24"}}, "vllm:network.cidr", "172.17.8.0/24", "IPv4", "10.42", "containers"),
    (
        {"vllm:network": {"cidr": "127.1.0.0/16"}},
        "vllm:network.cidr",
        "127.1.0.0/16",
        "IPv4",
        "10.42",
        "cannot be used",
    ),
    (
        {"vllm:network": {"zones": ["us-east-1a"]}},
        "vllm:network.zones",
        "us-east-1a",
        "2 to 4",
        "[us-east-1a",
        "needs two",
    ),
    (
        {"vllm:network": {"zones": ["us-east-1a", "us-east-1a"]}},
        *("vllm:network.zones", "us-east-1a", "2 to 4", "[us-east-1a", "named twice"),
    ),
    (
        {"vllm:network": {"zones": ["us-east-1a", "use1-az2"]}},
        *("vllm:network.zones", "use1-az2", "2 to 4", "[us-east-1a", "not an availability zone"),
    ),
    (
        {"vllm:network": {"zones": ["eu-west-1a", "eu-west-1b"]}},
        *(
            "vllm:network.zones",
            "eu-west-1a",
            "zones of us-east-1",
            "[us-east-1a, us-east-1b]",
            "aws:region is us-east-1",
        ),
    ),
    ({"vllm:network": {"nat": "per-az"}}, "vllm:network.nat", "per-az", "per_az", "single", "did you mean per_az"),
    ({"vllm:network": {"nat": "none"}}, "vllm:network.nat", "none", "single or per_az", "single", "image registry"),
    ({"vllm:network": {"vpcId": "vpc-01234567"}}, "vllm:network.vpcId", "vpc-01234567", "create", "{mode", "existing"),
    (
        {"vllm:network": {**GIVEN_NETWORK, "zones": ["us-east-1a", "us-east-1b"]}},
        *("vllm:network.zones", "us-east-1a", "mode is existing", "mode: create", "belongs to mode: create"),
    ),
    (
        {"vllm:network": {**GIVEN_NETWORK, "privateSubnetIds": ["subnet-01234567"]}},
        *("vllm:network.privateSubnetIds", "subnet-01234567", "2 to 6", "[subnet-", "at least 2"),
    ),
    (
        {"vllm:network": {**GIVEN_NETWORK, "privateSubnetIds": ["subnet-01234567"] * 2}},
        *("vllm:network.privateSubnetIds", "subnet-01234567", "2 to 6", "[subnet-", "named twice"),
    ),
    (
        {"vllm:network": {key: value for key, value in GIVEN_NETWORK.items() if key != "vpcId"}},
        *("vllm:network.vpcId", "nothing", "an id", "vpc-0123456789abcdef0", "which VPC"),
    ),
    (
        {"vllm:network": GIVEN_NETWORK, "vllm:endpoint": {"exposure": "public", "certificateArn": CERTIFICATE}},
        *("vllm:network.publicSubnetIds", "nothing", "ids of subnets", "[subnet-", "internet gateway"),
    ),
    # endpoint
    (
        {"vllm:endpoint": {"allowedCidrs": ["0.0.0.0/0"]}},
        *("vllm:endpoint.allowedCidrs", "0.0.0.0/0", "none of them /0", "[10.0.0.0/8]", "lets in every address"),
    ),
    (
        {"vllm:endpoint": {"allowedCidrs": []}},
        "vllm:endpoint.allowedCidrs",
        "[]",
        "at least one",
        "[10.0",
        "at least 1",
    ),
    (
        {"vllm:endpoint": {"apiKeysSecretArn": ARN}},
        *("vllm:endpoint.apiKeysSecretArn", ARN, "us-east-1", "arn:aws:secretsmanager:us-east-1", "their own region"),
    ),
    (
        {"vllm:endpoint": {"exposure": "public"}},
        *(
            "vllm:endpoint.certificateArn",
            "nothing",
            "AWS Certificate Manager",
            "arn:aws:acm:us-east-1",
            "in the clear",
        ),
    ),
    (
        {"vllm:endpoint": {"domain": "llm.example.com"}},
        *("vllm:endpoint.domain", "llm.example.com", "endpoint.certificateArn", "hostedZoneId", "needs a certificate"),
    ),
    (
        {"vllm:endpoint": {"hostedZoneId": ZONE}},
        *("vllm:endpoint.domain", "nothing", "inside that zone", "llm.example.com", "give both"),
    ),
    (
        {"vllm:endpoint": {"hostedZoneId": "/hostedzone/Z1"}},
        *("vllm:endpoint.hostedZoneId", "/hostedzone/Z1", "Z, then capital letters", "Z0123", "this is not the id"),
    ),
    (
        {"vllm:endpoint": {"hostedZoneId": ZONE, "domain": "llm.example.com", "certificateArn": CERTIFICATE}},
        *("vllm:endpoint.certificateArn", "arn:aws:acm", "nothing, beside", "hostedZoneId", "leave out one"),
    ),
    (
        {"vllm:endpoint": {"hostedZoneId": ZONE, "domain": f"{'a' * 60}.example.com"}},
        *("vllm:endpoint.domain", "aaaa", "at most 64", "llm.example.com", "longer name"),
    ),
    ({"vllm:endpoint": {"rateLimit": 100}}, "vllm:endpoint.rateLimit", "100", "perKey", "{perKey", "a mapping of keys"),
    ({"vllm:endpoint": {"rateLimit": {}}}, "vllm:endpoint.rateLimit", "{}", "perKey", "{perKey: 600", "limits nothing"),
    (
        {"vllm:endpoint": {"rateLimit": {"perAddress": 9}}},
        *("vllm:endpoint.rateLimit.perAddress", "9", "10 to 2000000000", "600", "greater than or equal to 10"),
    ),
    (
        {"vllm:endpoint": {"rateLimit": {"perKey": 100}, "waf": False}},
        *("vllm:endpoint.waf", "false", "true, beside", "true", "what counts requests"),
    ),
    ({"vllm:endpoint": {"accessLogs": "yes"}}, "vllm:endpoint.accessLogs", "yes", "true", "true", "true or false"),
    (
        {"vllm:endpoint": {"certificateArn": CERTIFICATE, "domain": "https://llm.example.com"}},
        *("vllm:endpoint.domain", "https://llm", "host name", "llm.example.com", "without https://"),
    ),
    (
        {"vllm:endpoint": {"certificateArn": "arn:aws:iam::123456789012:server-certificate/x"}},
        *("vllm:endpoint.certificateArn", "server-certificate", "Certificate Manager", "arn:aws:acm", "not the ARN"),
    ),
    (
        {"vllm:endpoint": {"certificateArn": CERTIFICATE.replace("us-east-1", "eu-west-1")}},
        *("vllm:endpoint.certificateArn", "eu-west-1", "in us-east-1", "arn:aws:acm:us-east-1", "its own region only"),
    ),
    ({"vllm:endpoint": {"deletionProtection": "yes"}}, "vllm:endpoint.deletionProtection", "yes", "true", "true", ""),
]
