"""Cache volumes, secrets and the bucket of host scripts."""

from __future__ import annotations

from collections.abc import Sequence

from rehearsal.inventory.model import Client, Section, tag


def cache_volumes(client: Client, *, volume_ids: Sequence[str]) -> Section:
    volumes = client("ec2").describe_volumes(VolumeIds=list(volume_ids))["Volumes"] if volume_ids else []
    return Section(
        title="Cache volumes",
        rows=tuple(
            (
                f"slot {tag(volume.get('Tags', []), 'vllm:cache-slot')}",
                f"{volume['VolumeId']} {volume['Size']} GiB {volume['VolumeType']}, {volume.get('Iops')} IOPS, "
                f"{volume.get('Throughput')} MiB/s, {volume['AvailabilityZone']}, "
                f"{'encrypted' if volume['Encrypted'] else 'NOT encrypted'}, {volume['State']}",
            )
            for volume in sorted(volumes, key=lambda volume: tag(volume.get("Tags", []), "vllm:cache-slot"))
        ),
    )


def secrets(client: Client, *, arns: Sequence[str]) -> Section:
    rows = []
    for arn in arns:
        secret = client("secretsmanager").describe_secret(SecretId=arn)
        current = any("AWSCURRENT" in stages for stages in secret.get("VersionIdsToStages", {}).values())
        rows.append((secret["Name"], "has a value" if current else "empty: hosts wait for a value"))
    return Section(title="Secrets", rows=tuple(rows))


def scripts_bucket(client: Client, *, bucket: str) -> Section:
    s3 = client("s3")
    objects = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    algorithms = [rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules]
    return Section(
        title="Host scripts",
        rows=(
            ("bucket", bucket),
            ("public access", "blocked" if all(block.values()) else "NOT blocked"),
            ("encryption", ", ".join(algorithms)),
            *((entry["Key"], f"{entry['Size']:,} bytes") for entry in objects),
        ),
    )
