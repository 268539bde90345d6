"""One plain function per rule: it returns the value, or raises ValueError with a sentence on what is wrong.

The sentence says what to do; path, value, allowed values and an example are added by the report.
"""

from __future__ import annotations

import difflib
import re
from ipaddress import IPv4Network
from pathlib import PurePosixPath

VPC_LARGEST = 16  # the largest VPC that AWS makes
VPC_SMALLEST = 24  # 8 equal blocks (public and private in up to 4 zones) of /27, the least for a load balancer
ZONES_MIN, ZONES_MAX = 2, 4  # a load balancer wants two; the network is cut for four
GIVEN_SUBNETS_MAX = 6  # one per zone; no region has more
STACK_NAME_MAX_LENGTH = 40
RATE_MIN, RATE_MAX = 10, 2_000_000_000  # RateBasedStatement, Limit (AWS WAF API reference)
COMMON_NAME_MAX = 64  # RequestCertificate, DomainName: octets of the first name of a certificate
DOCKER_BRIDGE = IPv4Network("172.17.0.0/16")  # the host's container bridge; a VPC there is unreachable

# CreateLogGroup / PutRetentionPolicy, API reference: the only values that it takes.
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827),
    *(2192, 2557, 2922, 3288, 3653),
)

# The alarms with a threshold in monitoring.table; a test holds the two together.
ALARM_IDS = (
    *("no-healthy-host", "all-stalled", "missing-replicas", "unhealthy-host"),
    *("vllm-down", "stalled-tokens", "metrics-missing", "server-errors"),
    *("gateway-errors", "rejections", "error-finishes", "certificate-expiry"),
    *("slow-responses", "slow-first-token", "slow-tokens", "requests-waiting"),
    *("running-at-ceiling", "kv-cache-full", "preemptions", "gpu-xid"),
    *("gpu-temperature", "gpu-memory", "cache-disk", "root-disk"),
    *("host-memory", "vllm-restarts", "boot-loop", "no-capacity"),
    *("slow-boot", "host-replaced", "spot-interruption", "requests-cut"),
)

# CVE-2026-48746 (API-key bypass) is fixed in 0.22.0, CVE-2026-54232 in 0.22.1.
MIN_IMAGE = (0, 22, 1)
MIN_IMAGE_TEXT = ".".join(map(str, MIN_IMAGE))

# Tags that the program sets itself, and that hosts and policies go by.
OWN_TAGS = ("Name", "Project", "Stack", "ManagedBy")
OWN_TAG_PREFIXES = ("aws:", "vllm:")
USER_TAGS_MAX = 40  # AWS takes 50 on a resource; up to six are the program's

_HF_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_TAG_VERSION = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)(?P<pre>\.?(?:rc|a|b|dev)\d*)?(?![\d])")


def model_id(value: str) -> str:
    if "://" in value:
        raise ValueError("give the id alone, not an address")
    if not re.fullmatch(rf"(?:{_HF_NAME}/)?{_HF_NAME}", value) or ".." in value or "--" in value:
        raise ValueError("this is not the shape of a HuggingFace model id")
    return value


def revision(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}", value) or ".." in value or value.endswith("/"):
        raise ValueError("this is neither a commit hash nor the name of a tag or branch")
    return value


def secret_arn(value: str) -> str:
    if not re.fullmatch(r"arn:aws(?:-[a-z]+)*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+", value):
        raise ValueError("this is not the ARN of a secret")
    return value


def config_file(value: str) -> str:
    path = PurePosixPath(value)
    if not value or path.suffix != ".json":
        raise ValueError("the model's shape is read from its config.json, a file that ends in .json")
    _is_a_path(value)
    return value


def flag_name(value: str) -> str:
    if value.startswith("-"):
        raise ValueError(f"write the flag without dashes in front: {value.lstrip('-')}")
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9.-]*", value):
        raise ValueError("this is not the name of a flag; its words are joined by dashes")
    return value


def instance_type(value: str) -> str:
    if value != "auto" and not re.fullmatch(r"[a-z][a-z0-9-]*\.(?:\d+xlarge|[a-z]+(?:-\d+xl)?)", value):
        raise ValueError("this is not the shape of an EC2 instance type")
    return value


def devices(value: tuple[int, ...] | str) -> tuple[int, ...] | str:
    if value == ():
        raise ValueError("no GPU is named")
    if isinstance(value, tuple) and len(set(value)) != len(value):
        raise ValueError("a GPU is named twice")
    return value


def host_folder(value: str) -> str:
    if not value.startswith(("/", "~/")):
        raise ValueError("write the whole path: Docker knows no folder that it could be relative to")
    _is_a_path(value)
    return value


def _is_a_path(value: str) -> None:
    if not value.isprintable():
        raise ValueError("a path has no line breaks and no other control characters")
    if len(value.encode()) > 1024 or any(len(part.encode()) > 255 for part in PurePosixPath(value).parts):
        raise ValueError("Linux takes no name longer than 255 bytes, and a path is kept below 1024")


def project_path(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or not value:
        raise ValueError("the path starts at the folder of Pulumi.yaml and stays inside it")
    _is_a_path(value)
    return value


def pinned_package(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9._,-]+\])?==[A-Za-z0-9][A-Za-z0-9.!+_-]*", value):
        raise ValueError("name the package with its exact version (==), so that the same image is built again")
    return value


def pull_through_secret(value: str) -> str:
    if ":secret:ecr-pullthroughcache/" not in secret_arn(value):
        raise ValueError("ECR takes only a secret whose name starts with ecr-pullthroughcache/")
    return value


def network(value: str) -> IPv4Network:
    try:
        return IPv4Network(value)
    except ValueError as error:
        if "host bits" in str(error):
            raise ValueError(
                f"the address has bits beyond its prefix; the network is {IPv4Network(value, strict=False)}"
            ) from None
        raise ValueError("this is not an IPv4 network in CIDR notation") from None


def vpc_cidr(value: str) -> str:
    block = network(value)
    if block.prefixlen > VPC_SMALLEST:
        raise ValueError(
            f"{block.num_addresses} addresses are too few for its subnets (a public and a private one per zone, "
            f"each large enough for a load balancer): make it /{VPC_SMALLEST} or larger"
        )
    if block.prefixlen < VPC_LARGEST:
        raise ValueError(f"AWS makes no VPC larger than /{VPC_LARGEST}")
    if block.overlaps(DOCKER_BRIDGE):
        raise ValueError(f"it overlaps {DOCKER_BRIDGE}, which the containers on each host use themselves")
    if block.is_loopback or block.is_link_local or block.is_multicast or block.is_unspecified:
        raise ValueError("this range cannot be used for a network")
    return value


def client_cidr(value: str) -> str:
    network(value)
    return value


def lets_everyone_in(cidr: str) -> bool:
    return network(cidr).prefixlen == 0


def zones(value: tuple[str, ...]) -> tuple[str, ...]:
    for zone in value:
        if not re.fullmatch(r"[a-z]{2}(?:-[a-z]+)+-\d[a-z]", zone):
            raise ValueError(f"{zone!r} is not an availability zone (a region and a letter)")
    if len(set(value)) != len(value):
        raise ValueError("a zone is named twice")
    if not ZONES_MIN <= len(value) <= ZONES_MAX:
        raise ValueError(f"{len(value)} is not {ZONES_MIN} to {ZONES_MAX} zones: a load balancer needs two")
    return value


def given_ids(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) != len(value):
        raise ValueError("an id is named twice")
    return value


def certificate_arn(value: str) -> str:
    if not re.fullmatch(r"arn:aws(?:-[a-z]+)*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}", value):
        raise ValueError("this is not the ARN of a certificate in AWS Certificate Manager")
    return value


EXAMPLE_ZONE = "Z0123456789ABCDEFGHIJ"


def example_certificate(region: str) -> str:
    return f"arn:aws:acm:{region}:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"


def domain(value: str) -> str:
    if "://" in value or value.startswith("*"):
        raise ValueError("give the one name alone that clients use, without https:// and without *")
    label = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    if len(value) > 253 or not re.fullmatch(rf"(?:{label}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]", value):
        raise ValueError("this is not a host name in lower case")
    return value


def tags(value: dict[str, str]) -> dict[str, str]:
    if len(value) > USER_TAGS_MAX:
        raise ValueError(f"{len(value)} tags are too many: AWS takes 50 on a resource, the program adds its own")
    for key, text in value.items():
        _tag(key, text)
    # An IAM role takes no two keys that differ in case only ("Rules for tagging in IAM"), and the stack has one.
    if len({key.lower() for key in value}) < len(value):
        raise ValueError("two keys differ in upper and lower case only, which IAM roles refuse")
    return value


def _tag(key: str, text: str) -> None:
    own = [tag.lower() for tag in OWN_TAGS]
    if key.lower() in own or key.lower().startswith(OWN_TAG_PREFIXES):
        raise ValueError(f"{key} is set by the program or by AWS itself (upper or lower case alike); take another key")
    # Hosts read their tags from the instance metadata, where a key is part of a path: EC2 launches no instance with
    # another ("Work with instance tags in instance metadata").
    if not re.fullmatch(r"[A-Za-z0-9_.:=+@-]{1,128}", key) or key in (".", "..", "_index"):
        raise ValueError(f"the key {key!r} is not 1 to 128 letters, digits and _ . : = + - @, without spaces and /")
    if not re.fullmatch(r"[A-Za-z0-9 _.:/=+@-]{0,256}", text):
        raise ValueError(f"the value of {key} is not at most 256 letters, digits, spaces and _ . : / = + - @")


def stack_name(value: str) -> str:
    if not re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{STACK_NAME_MAX_LENGTH - 1}}}", value):
        raise ValueError(f"a stack's name has 1 to {STACK_NAME_MAX_LENGTH} letters, digits and . _ -")
    return value


def region(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(?:-[a-z]+)+-\d", value):
        raise ValueError("this is not an AWS region")
    return value


def email(value: str) -> str:
    if not re.fullmatch(r"[^@\s<>\"',;]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", value):
        raise ValueError(f"{value!r} is not an e-mail address")
    return value


def log_retention_days(value: int) -> int:
    if value not in LOG_RETENTION_DAYS:
        nearest = min(LOG_RETENTION_DAYS, key=lambda days: (abs(days - value), -days))
        raise ValueError(f"CloudWatch keeps logs for fixed numbers of days only; the nearest is {nearest}")
    return value


def alarm_id(value: str) -> str:
    if value not in ALARM_IDS:
        close = difflib.get_close_matches(value, ALARM_IDS, n=1)
        raise ValueError("there is no alarm of this name" + (f"; did you mean {close[0]}?" if close else ""))
    return value


def image_repository(value: str) -> str:
    if "@" in value or ":" in value.rpartition("/")[2]:
        raise ValueError("put the tag into image.tag and the digest into image.digest")
    if not re.fullmatch(r"[a-z0-9.-]+(?::\d+)?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*", value):
        raise ValueError("this is not the name of an image repository")
    return value


def image_version(tag: str) -> tuple[int, int, int] | None:
    """The version a tag names; None for one that floats (``latest``, ``v0.32``)."""
    found = _TAG_VERSION.match(tag)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def image_tag(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", value):
        raise ValueError("this is not an image tag")
    version = image_version(value)
    if version is None:
        return value  # floats: allowed only beside a digest, see config.cross
    before_release = bool((found := _TAG_VERSION.match(value)) and found["pre"])
    if version < MIN_IMAGE or (version == MIN_IMAGE and before_release):
        raise ValueError(f"before {MIN_IMAGE_TEXT} requests get past the API key (CVE-2026-48746)")
    return value
