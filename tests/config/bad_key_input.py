"""Rows of ``test_bad_input`` about the sections encryption and budget, in the form of ``bad_input``."""

from __future__ import annotations

from typing import Any

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
ALIAS = "arn:aws:kms:us-east-1:123456789012:alias/team"
MANY = [f"person{number}@example.com" for number in range(11)]

BAD_KEY_INPUT: list[tuple[Any, ...]] = [
    (
        {"vllm:encryption": {"kmsKeyArn": ALIAS}},
        "vllm:encryption.kmsKeyArn",
        ALIAS,
        "symmetric",
        "arn:aws:kms:us-east-1:123456789012:key/",
        "an alias can be moved",
    ),
    (
        {"vllm:encryption": {"kmsKeyArn": "01234567-89ab-cdef-0123-456789abcdef"}},
        "vllm:encryption.kmsKeyArn",
        "01234567",
        "symmetric",
        "arn:aws:kms:us-east-1:123456789012:key/",
        "not the ARN of a key",
    ),
    (
        {"vllm:encryption": {"kmsKeyArn": KEY.replace("us-east-1", "eu-west-1")}},
        "vllm:encryption.kmsKeyArn",
        "eu-west-1",
        "a key in us-east-1",
        KEY,
        "of their own region only",
    ),
    (
        {"vllm:encryption": {"kmsKeyArn": KEY, "ownKey": True}},
        "vllm:encryption.ownKey",
        "true",
        "nothing, beside encryption.kmsKeyArn",
        f"kmsKeyArn: {KEY}",
        "leave one of the two out",
    ),
    (
        {"vllm:encryption": {"ownKey": "yes"}},
        "vllm:encryption.ownKey",
        "yes",
        "true or false",
        "true",
        "",
    ),
    (
        {"vllm:budget": {"monthlyUsd": 0}},
        "vllm:budget.monthlyUsd",
        "0",
        "above 0",
        "2000",
        "",
    ),
    (
        {"vllm:budget": {"monthlyUsd": 100}, "vllm:monitoring": {"notify": MANY}},
        "vllm:monitoring.notify",
        "11 addresses",
        "at most 10",
        "[ml-oncall@example.com]",
        "a mailing list",
    ),
]
