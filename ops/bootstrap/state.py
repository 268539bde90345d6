"""Where the state is: a bucket that keeps every version, and the key that it and its secrets are encrypted with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ops.bootstrap.parts import Part, Step
from ops.bootstrap.policies import bucket_policy, key_policy
from ops.bootstrap.scope import NAME, Scope, canonical
from ops.clients import code_of
from ops.errors import failure

ALIAS = f"alias/{NAME}"
OLD_VERSIONS_DAYS = 90
_BLOCKED = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_ABSENT = {
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
}
_TAGS = [{"Key": "Project", "Value": NAME}, {"Key": "ManagedBy", "Value": "ops bootstrap"}]


@dataclass(frozen=True, kw_only=True)
class StateKey:
    """``client``: of KMS."""

    client: Any

    def arn(self) -> str | None:
        """Of the key that the alias leads to, None where there is none. OpsError for one that cannot be used."""
        try:
            found = self.client.describe_key(KeyId=ALIAS)["KeyMetadata"]
        except ClientError as error:
            if code_of(error) == "NotFoundException":
                return None
            raise
        arn, state = str(found["Arn"]), found["KeyState"]
        if state == "PendingDeletion":
            raise _unusable(
                arn, "is to be deleted, and no state could be read then", "cancel-key-deletion", then="enable-key"
            )
        if state != "Enabled":
            raise _unusable(arn, f"is {state}: no state can be read", "enable-key")
        return arn

    def look(self, scope: Scope) -> Part:
        arn, title = self.arn(), f"key {ALIAS}"
        if arn is None:
            return Part(title=title, new=True, steps=[Step(says="create", do=lambda: self._create(scope))])
        return Part(title=title, new=False, steps=list(self._differences(arn, scope)))

    def _create(self, scope: Scope) -> None:
        made = self.client.create_key(
            Description="State and secrets of Pulumi stacks",
            Policy=json.dumps(key_policy(scope)),
            Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in _TAGS],
        )["KeyMetadata"]
        self.client.enable_key_rotation(KeyId=made["KeyId"])
        self.client.create_alias(AliasName=ALIAS, TargetKeyId=made["KeyId"])

    def _differences(self, arn: str, scope: Scope) -> Iterator[Step]:
        if not self.client.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]:
            yield Step(says="yearly rotation on", do=lambda: self.client.enable_key_rotation(KeyId=arn))
        policy = json.loads(self.client.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
        if not _lets_iam_decide(policy, scope):
            wanted = json.dumps(key_policy(scope))
            yield Step(
                says="its policy: IAM of this account decides",
                do=lambda: self.client.put_key_policy(KeyId=arn, PolicyName="default", Policy=wanted),
            )


def _lets_iam_decide(policy: dict[str, Any], scope: Scope) -> bool:
    def without_names(document: dict[str, Any]) -> list[dict[str, Any]]:
        return [{key: each for key, each in one.items() if key != "Sid"} for one in document.get("Statement", ())]

    return bool(canonical(without_names(policy)) == canonical(without_names(key_policy(scope))))


def _unusable(arn: str, why: str, command: str, *, then: str = "") -> Exception:
    commands = [f"aws kms {each} --key-id {arn}" for each in (command, then) if each]
    return failure(path=f"key {ALIAS}", given=arn, message=f"it {why}", example=" && ".join(commands))


@dataclass(frozen=True, kw_only=True)
class StateBucket:
    """``client``: of S3."""

    client: Any

    def look(self, scope: Scope) -> Part:
        """OpsError where the name is taken, or the bucket is in another region."""
        mine = any(bucket["Name"] == scope.bucket for bucket in self.client.list_buckets()["Buckets"])
        if mine:
            self._check_region(scope)
        elif self._exists(scope.bucket):
            raise _taken(scope.bucket)
        create = [] if mine else [Step(says="create", do=lambda: self._create(scope))]
        return Part(
            title=f"state bucket {scope.bucket}",
            new=not mine,
            steps=[*create, *(aspect.step() for aspect in self._aspects(scope) if not (mine and aspect.is_right()))],
        )

    def _exists(self, bucket: str) -> bool:
        try:
            self.client.head_bucket(Bucket=bucket)
        except ClientError as error:
            return code_of(error) not in ("404", "NoSuchBucket")
        return True

    def _check_region(self, scope: Scope) -> None:
        region = self.client.get_bucket_location(Bucket=scope.bucket).get("LocationConstraint") or "us-east-1"
        if region != scope.region:
            raise failure(
                path="--region",
                given=scope.region,
                message=f"your bucket {scope.bucket} is in {region}, and buckets do not move",
                example=f"--region {region}",
            )

    def _create(self, scope: Scope) -> None:
        where = {"CreateBucketConfiguration": {"LocationConstraint": scope.region}}
        try:
            self.client.create_bucket(Bucket=scope.bucket, **({} if scope.region == "us-east-1" else where))
        except ClientError as error:
            if code_of(error) == "BucketAlreadyExists":
                raise _taken(scope.bucket) from None
            raise
        self.client.get_waiter("bucket_exists").wait(Bucket=scope.bucket)
        self.client.put_bucket_tagging(Bucket=scope.bucket, Tagging={"TagSet": _TAGS})

    def _aspects(self, scope: Scope) -> list[_Aspect]:
        policy = bucket_policy(scope)
        blocked = dict.fromkeys(_BLOCKED, True)
        owner = [{"ObjectOwnership": "BucketOwnerEnforced"}]
        client, bucket = self.client, scope.bucket
        return [
            _Aspect(
                says="no public access",
                read=lambda: client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"],
                wanted=blocked,
                put=lambda: client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocked),
            ),
            _Aspect(
                says="no access lists",
                read=lambda: client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"],
                wanted=owner,
                put=lambda: client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": owner}),
            ),
            _Aspect(
                says="every version kept",
                read=lambda: client.get_bucket_versioning(Bucket=bucket).get("Status"),
                wanted="Enabled",
                put=lambda: client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}),
            ),
            _Aspect(
                says="encrypted with the key",
                read=lambda: _encryption(client.get_bucket_encryption(Bucket=bucket)),
                wanted=("aws:kms", scope.key_arn, True),
                put=lambda: client.put_bucket_encryption(
                    Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [_encrypted(scope.key_arn)]}
                ),
            ),
            _Aspect(
                says=f"old versions go after {OLD_VERSIONS_DAYS} days, newest ones never",
                read=lambda: _for_all(client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]),
                wanted=_for_all(_LIFECYCLE),
                put=lambda: client.put_bucket_lifecycle_configuration(
                    Bucket=bucket, LifecycleConfiguration={"Rules": _LIFECYCLE}
                ),
            ),
            _Aspect(
                says="its policy: TLS only, and it stays",
                read=lambda: json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"]),
                wanted=policy,
                put=lambda: client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy)),
            ),
        ]


_LIFECYCLE = [
    {
        "ID": "old-versions",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
]


@dataclass(frozen=True, kw_only=True)
class _Aspect:
    """One setting of the bucket."""

    says: str
    read: Callable[[], Any]
    wanted: Any
    put: Callable[[], Any]

    def is_right(self) -> bool:
        try:
            return bool(canonical(self.read()) == canonical(self.wanted))
        except ClientError as error:
            if code_of(error) in _ABSENT:
                return False
            raise

    def step(self) -> Step:
        return Step(says=self.says, do=self.put)


def _for_all(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the filters that let everything pass: there is more than one way to write them."""
    passes: tuple[dict[str, str], ...] = ({}, {"Prefix": ""})
    return [{key: value for key, value in rule.items() if key != "Filter" or value not in passes} for rule in rules]


def _encrypted(key_arn: str) -> dict[str, Any]:
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    return {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}


def _encryption(answer: dict[str, Any]) -> tuple[str | None, str | None, bool]:
    (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
    by_default = rule.get("ApplyServerSideEncryptionByDefault", {})
    return by_default.get("SSEAlgorithm"), by_default.get("KMSMasterKeyID"), bool(rule.get("BucketKeyEnabled"))


def _taken(bucket: str) -> Exception:
    return failure(
        path="--bucket",
        given=bucket,
        message="somebody else has a bucket of this name, and a name is given once in the world: take another",
        example=f"--bucket {bucket}-2",
    )
