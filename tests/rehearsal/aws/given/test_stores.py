"""A given snapshot, machine image, secret and key, each by its id."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.given.make import make
from rehearsal.aws.given.model import Given
from rehearsal.aws.server import EmulatedAws

SNAPSHOT = "snap-0123456789abcdef0"
IMAGE = "ami-0123456789abcdef0"
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:team/llm-keys-a1B2c3"


def test_a_snapshot_seeds_a_volume_and_leaves_none_itself(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", snapshot_ids=(SNAPSHOT,)))
    ec2 = aws.client("ec2")
    (snapshot,) = ec2.describe_snapshots(SnapshotIds=[SNAPSHOT])["Snapshots"]
    assert (snapshot["SnapshotId"], snapshot["State"]) == (SNAPSHOT, "completed")
    assert ec2.describe_volumes()["Volumes"] == []
    volume = ec2.create_volume(AvailabilityZone="us-east-1b", SnapshotId=SNAPSHOT, Size=20)
    assert (volume["SnapshotId"], volume["Size"]) == (SNAPSHOT, 20)


def test_an_unknown_snapshot_is_refused(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", snapshot_ids=(SNAPSHOT,)))
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.NotFound"):
        aws.client("ec2").create_volume(AvailabilityZone="us-east-1a", SnapshotId="snap-0ffffffffffffffff", Size=20)


def test_an_image_is_there_and_can_be_launched(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", image_ids=(IMAGE,)))
    ec2 = aws.client("ec2")
    (image,) = ec2.describe_images(ImageIds=[IMAGE])["Images"]
    assert (image["State"], image["RootDeviceName"], image["Public"]) == ("available", "/dev/sda1", False)
    (instance,) = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"]
    assert instance["ImageId"] == IMAGE


def test_a_secret_has_exactly_its_arn_and_takes_a_value(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", secret_arns=(SECRET,)))
    client = aws.client("secretsmanager")
    described = client.describe_secret(SecretId=SECRET)
    assert (described["ARN"], described["Name"]) == (SECRET, "team/llm-keys")
    client.put_secret_value(SecretId=SECRET, SecretString="value")
    assert client.get_secret_value(SecretId=SECRET)["SecretString"] == "value"


def test_an_unknown_secret_is_refused(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", secret_arns=(SECRET,)))
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        aws.client("secretsmanager").describe_secret(SecretId=SECRET.replace("a1B2c3", "zzzzzz"))


def test_everything_at_once_and_again(aws: EmulatedAws) -> None:
    given = Given(region="us-east-1", snapshot_ids=(SNAPSHOT,), image_ids=(IMAGE,), secret_arns=(SECRET,))
    make(given)
    make(given)
    assert given.ids == (SNAPSHOT, IMAGE, SECRET)
    assert len(aws.client("secretsmanager").list_secrets()["SecretList"]) == 1


def test_a_key_is_there_with_its_whole_arn(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", kms_key_arns=(KMS_KEY,)))
    make(Given(region="us-east-1", kms_key_arns=(KMS_KEY,)))
    metadata = aws.client("kms").describe_key(KeyId=KMS_KEY)["KeyMetadata"]
    assert (metadata["Arn"], metadata["KeyManager"], metadata["KeyState"]) == (KMS_KEY, "CUSTOMER", "Enabled")
    assert len(aws.client("kms").list_keys()["Keys"]) == 1
