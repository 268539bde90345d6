"""A name, a certificate and access logs, where a stack is asked for them."""

from __future__ import annotations

import json

from tests.program.cases import ZONE, Case, load_case

ISSUED = "aws:acm/certificateValidation:CertificateValidation"
RECORD = "aws:route53/record:Record"
LISTENER = "aws:lb/listener:Listener"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
LOGS = "vllm-access-logs"


def test_a_zone_alone_brings_certificate_and_name(case: Case) -> None:
    made = len(case.graph.of_type("aws:acm/certificate:Certificate"))
    assert made == (case.config.endpoint.hosted_zone_id is not None)
    assert len(case.graph.of_type(ISSUED)) == made
    assert len(case.graph.of_type(RECORD)) == 2 * made


def test_the_listener_waits_until_the_certificate_is_issued() -> None:
    case = load_case("internet")
    (https,) = (item for item in case.graph.of_type(LISTENER) if item.inputs["port"] == 443)
    issued = case.only(ISSUED)
    assert https.property_dependencies["certificateArn"] == (issued.urn,)
    record = next(item for item in case.graph.of_type(RECORD) if item.inputs["type"] == "CNAME")
    assert issued.property_dependencies["validationRecordFqdns"] == (record.urn,)
    assert case.only("aws:acm/certificate:Certificate").inputs["validationMethod"] == "DNS"


def test_the_name_is_an_alias_of_the_load_balancer_and_takes_no_others_place() -> None:
    case = load_case("internet")
    (alias,) = (item for item in case.graph.of_type(RECORD) if item.inputs["type"] == "A")
    assert (alias.inputs["name"], alias.inputs["zoneId"]) == ("llm.example.com", ZONE)
    assert alias.property_dependencies["aliases"] == (case.only("aws:lb/loadBalancer:LoadBalancer").urn,)
    assert not alias.inputs.get("allowOverwrite")
    assert case.graph.stack.outputs["endpoint"] == "https://llm.example.com/v1"


def test_access_logs_go_to_a_bucket_of_their_own_once_it_lets_them_in(case: Case) -> None:
    balancer = case.only("aws:lb/loadBalancer:LoadBalancer")
    if not case.config.endpoint.access_logs:
        assert not balancer.inputs.get("accessLogs")
        return
    policy = next(item for item in case.graph.of_type("aws:s3/bucketPolicy:BucketPolicy") if item.name == LOGS)
    assert balancer.inputs["accessLogs"]["enabled"] is True
    assert policy.urn in balancer.property_dependencies["accessLogs"]
    _, allowed = json.loads(policy.inputs["policy"])["Statement"]
    assert allowed["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert allowed["Action"] == "s3:PutObject"
    assert allowed["Resource"].endswith("/AWSLogs/123456789012/*")


def test_the_log_bucket_has_the_only_encryption_that_load_balancers_take_and_forgets(case: Case) -> None:
    for lifecycle in case.graph.of_type(LIFECYCLE):
        (rule,) = lifecycle.inputs["rules"]
        assert (rule["status"], rule["expiration"], rule["filter"]) == ("Enabled", {"days": 90}, {"prefix": ""})
    if case.config.endpoint.access_logs:
        kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        (rule,) = next(item for item in case.graph.of_type(kind) if item.name == LOGS).inputs["rules"]
        assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
        assert [item.name for item in case.graph.of_type(LIFECYCLE)] == [LOGS]


def test_logs_go_with_a_stack_that_may_go_and_outlive_one_that_is_kept() -> None:
    """A bucket with objects is one that AWS does not delete: a destroy would fail half-way."""
    for name, kept in (("internet", False), ("internet-kept", True)):
        graph = load_case(name).graph
        bucket = next(item for item in graph.of_type("aws:s3/bucket:Bucket") if item.name == LOGS)
        guards = [item for item in graph if item.name == LOGS and item.type.startswith("aws:s3/")]
        assert bool(bucket.inputs.get("forceDestroy")) is not kept
        assert len(guards) == 6
        assert {item.retain_on_delete for item in guards} == {kept}
