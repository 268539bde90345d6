"""What a stack file takes as given: found in it, and looked at as AWS describes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.aws.given.make import make
from rehearsal.aws.given.model import Given, GivenNetwork
from rehearsal.aws.server import EmulatedAws
from rehearsal.given import as_rehearsed, described, given_by
from rehearsal.ledger import StepFailedError
from rehearsal.verdicts import require_same

ROOT = Path(__file__).resolve().parents[2]
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/5e4ea4a1-0000-4000-8000-000000000000"
KEYS = "arn:aws:secretsmanager:us-east-1:111122223333:secret:keys-a1B2c3"
KMS_KEY = "arn:aws:kms:us-east-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"
TOKEN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:token-a1B2c3"
PRIVATE = ("subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2")
STACK_FILE = f"""\
config:
  aws:region: us-east-1
  vllm:model: {{id: meta-llama/Llama-3.1-8B-Instruct, tokenSecretArn: {TOKEN}}}
  vllm:serving: {{maxModelLen: 8192}}
  vllm:compute: {{amiId: ami-0123456789abcdef0}}
  vllm:cache: {{snapshotId: snap-0123456789abcdef0}}
  vllm:network: {{mode: existing, vpcId: vpc-0123456789abcdef0, privateSubnetIds: [{", ".join(PRIVATE)}]}}
  vllm:monitoring: {{scrapeFrom: [sg-0123456789abcdef0, 10.9.0.0/24]}}
  vllm:endpoint: {{certificateArn: "{CERTIFICATE}", apiKeysSecretArn: "{KEYS}"}}
  vllm:encryption: {{kmsKeyArn: "{KMS_KEY}"}}
"""
GIVEN = Given(
    region="us-east-1",
    certificate_arns=(CERTIFICATE,),
    network=GivenNetwork(vpc_id="vpc-0123456789abcdef0", private_subnet_ids=PRIVATE, instance_type="g6.2xlarge"),
    snapshot_ids=("snap-0123456789abcdef0",),
    image_ids=("ami-0123456789abcdef0",),
    secret_arns=(KEYS, TOKEN),
    security_group_ids=("sg-0123456789abcdef0",),
    kms_key_arns=(KMS_KEY,),
)


@pytest.fixture
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        yield running


def test_every_id_of_a_stack_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.full.yaml").write_text(STACK_FILE)
    config, stand_ins = as_rehearsed(stack="full", root=tmp_path)
    assert given_by(config, instance_type="g6.2xlarge") == GIVEN
    assert stand_ins == ()


def test_dev_takes_nothing_as_given() -> None:
    config, _ = as_rehearsed(stack="dev", root=ROOT)
    assert given_by(config, instance_type="g6.2xlarge").ids == ()


def test_of_a_placeholder_the_stand_in_is_given() -> None:
    config, stand_ins = as_rehearsed(stack="prod", root=ROOT)
    (arn,) = given_by(config, instance_type="g6e.12xlarge").ids
    assert arn in {replacement.stand_in for replacement in stand_ins}


def test_what_use_changes_is_no_change(aws: EmulatedAws) -> None:
    make(GIVEN)
    before = described(aws.client, GIVEN)
    assert set(before) == set(GIVEN.ids)
    aws.client("secretsmanager").put_secret_value(SecretId=KEYS, SecretString="{}")
    (subnet_id, _) = PRIVATE
    aws.client("ec2").create_network_interface(SubnetId=subnet_id)
    require_same(before=before, after=described(aws.client, GIVEN))


def test_a_changed_or_deleted_one_is_named(aws: EmulatedAws) -> None:
    make(GIVEN)
    before = described(aws.client, GIVEN)
    ec2 = aws.client("ec2")
    ec2.create_tags(Resources=[PRIVATE[1]], Tags=[{"Key": "Name", "Value": "ours now"}])
    ec2.delete_snapshot(SnapshotId="snap-0123456789abcdef0")
    aws.client("secretsmanager").delete_secret(SecretId=TOKEN)
    with pytest.raises(StepFailedError) as error:
        require_same(before=before, after=described(aws.client, GIVEN))
    named = str(error.value).partition(": ")[2].split(", ")
    assert named == [PRIVATE[1], "snap-0123456789abcdef0", TOKEN]


def test_a_route_taken_from_a_given_subnet_is_a_change(aws: EmulatedAws) -> None:
    make(GIVEN)
    before = described(aws.client, GIVEN)
    ec2 = aws.client("ec2")
    filters = [{"Name": "association.subnet-id", "Values": [PRIVATE[0]]}]
    (table,) = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    with pytest.raises(StepFailedError, match=PRIVATE[0]):
        require_same(before=before, after=described(aws.client, GIVEN))


def test_what_was_never_there_is_not_the_same(aws: EmulatedAws) -> None:
    before = described(aws.client, GIVEN)
    with pytest.raises(StepFailedError, match=CERTIFICATE):
        require_same(before=before, after=described(aws.client, GIVEN))


def test_a_zone_is_given_with_the_name_that_is_kept_in_it(tmp_path: Path, aws: EmulatedAws) -> None:
    (tmp_path / "Pulumi.zone.yaml").write_text(
        "config:\n  aws:region: us-east-1\n  vllm:model: meta-llama/Llama-3.1-8B-Instruct\n"
        "  vllm:endpoint: {domain: llm.example.com, hostedZoneId: Z0123456789ABCDEFGHIJ}\n"
    )
    config, _ = as_rehearsed(stack="zone", root=tmp_path)
    given = given_by(config, instance_type="g6.2xlarge")
    assert given.zones == (("Z0123456789ABCDEFGHIJ", "llm.example.com"),)
    make(given)
    assert described(aws.client, given)["Z0123456789ABCDEFGHIJ"]["HostedZone"]["Name"] == "example.com."
