"""Changes to the prod stack about encryption and budget."""

from __future__ import annotations

from tests.e2e.change import Change, create, update
from tests.e2e.touches import SHOWS_COST, new_version

KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"

# Volumes are in neither row: they keep the key that they were made with.
ENCRYPTED = (
    update("LogGroup vllm-hosts", "kmsKeyId", why="what is logged from now on"),
    update("Secret vllm-api-keys", "kmsKeyId", why="AWS encrypts its versions anew"),
    update("Secret vllm-hf-token", "kmsKeyId", why="likewise"),
    update("Topic vllm-alarms", "kmsMasterKeyId", why="messages are encrypted while SNS has them"),
    update("BucketServerSideEncryptionConfiguration vllm-scripts", "rules", why="what is uploaded from now on"),
    update("RolePolicy vllm-host", "policy", why="hosts may use the key"),
    *new_version("blockDeviceMappings", why="the root volume is encrypted with it"),
)

KEY_CHANGES = (
    Change(name="key-given", config={"vllm:encryption": {"kmsKeyArn": KMS_KEY}}, touched=ENCRYPTED),
    Change(
        name="key-of-its-own",
        config={"vllm:encryption": {"ownKey": True}},
        touched=(
            create("OwnKey vllm-key", why="holds the key"),
            create("Key vllm-key", why="with the policy that all of it needs"),
            *ENCRYPTED,
            SHOWS_COST,
        ),
    ),
    Change(
        name="budget",
        config={"vllm:budget": {"monthlyUsd": 20_000}},
        touched=(
            create("Budget vllm-budget", why="AWS mails when the month costs more; its component has that name, too"),
        ),
    ),
)
