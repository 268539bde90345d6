"""The checks of container image and model: whether registry, hub and bucket give them out."""

from __future__ import annotations

import pytest

from ops.doctor.checks import container_image, model_access
from ops.errors import OpsError
from tests.ops.doctor.clinic import FILES, MODEL, TOKEN, Clinic, of
from tests.ops.doctor.looking import only
from tests.ops.sources import COMMIT, DIGEST

PAGE = f"https://huggingface.co/{MODEL}"


def test_an_image_is_found_by_its_tag_and_by_its_digest(clinic: Clinic) -> None:
    assert only(container_image.CHECK, clinic.case()).seen.endswith(f"is {DIGEST}")
    pinned = clinic.case(image={"repository": f"{clinic.sources.address}/vllm/openai", "digest": DIGEST})
    with pytest.raises(OpsError, match=f"there is no image .*@{DIGEST}"):
        only(container_image.CHECK, pinned)
    clinic.sources.images["vllm/openai", DIGEST] = DIGEST
    assert only(container_image.CHECK, pinned).level == "ok"


def test_an_image_that_is_not_there(clinic: Clinic) -> None:
    clinic.sources.images.clear()
    level, seen, fix = of(clinic.findings(status=1), "container-image")[0]
    assert (level, fix) == ("error", "check image.repository and image.tag")
    assert "there is no image" in seen


def test_an_image_in_a_private_registry_of_aws_is_asked_for_there(clinic: Clinic) -> None:
    ecr = clinic.cloud.aws.client("ecr")
    ecr.create_repository(repositoryName="vllm")
    clinic.write(image={"repository": "123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm", "digest": DIGEST})
    level, seen, _ = of(clinic.findings(status=1), "container-image")[0]
    assert (level, "there is no such image" in seen) == ("error", True)


def test_a_gated_model_that_the_token_opens(clinic: Clinic) -> None:
    finding = only(model_access.CHECK, clinic.case())
    assert (finding.level, finding.seen) == (
        "ok",
        f"{MODEL} at {COMMIT[:12]} (main): its files can be read with HF_TOKEN",
    )
    asked = [authorization for _, path, authorization in clinic.sources.asked if path == FILES]
    assert asked == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_model_that_it_does_not_open(clinic: Clinic, status: int) -> None:
    clinic.sources.answers[FILES] = (status, {"X-Error-Code": "GatedRepo"}, None)
    finding = only(model_access.CHECK, clinic.case())
    assert (finding.level, finding.fix) == ("error", f"ask for access: {PAGE}")
    assert "may not read it" in finding.seen


def test_without_a_token_it_is_not_known(clinic: Clinic) -> None:
    clinic.sources.answers[FILES] = (401, {"X-Error-Code": "GatedRepo"}, None)
    finding = only(model_access.CHECK, clinic.case(token=""))
    assert finding.level == "skipped"
    assert finding.fix.startswith("export HF_TOKEN=...")


def test_a_token_that_the_hub_does_not_know(clinic: Clinic) -> None:
    clinic.sources.answers[FILES] = (401, {}, None)
    finding = only(model_access.CHECK, clinic.case())
    assert (finding.level, finding.seen) == ("error", "the hub does not know the token in HF_TOKEN")
    assert finding.fix.endswith("https://huggingface.co/settings/tokens")


@pytest.mark.parametrize(
    ("status", "headers", "level"),
    [
        (307, {"Location": "/elsewhere"}, "ok"),
        (404, {"X-Error-Code": "EntryNotFound"}, "ok"),
        (404, {"X-Error-Code": "RevisionNotFound"}, "error"),
        (404, {"X-Error-Code": "RepoNotFound"}, "error"),
        (500, {}, "error"),
    ],
)
def test_what_else_the_hub_may_say(clinic: Clinic, status: int, headers: dict[str, str], level: str) -> None:
    clinic.sources.answers[FILES] = (status, headers, None)
    if level == "ok":
        assert only(model_access.CHECK, clinic.case()).level == "ok"
        return
    with pytest.raises(OpsError, match=f"HTTP {status}"):
        only(model_access.CHECK, clinic.case())


def test_a_model_from_a_bucket_is_looked_for_there(clinic: Clinic) -> None:
    source = "s3://team-models/llama/1"
    s3 = clinic.cloud.aws.client("s3")
    s3.create_bucket(Bucket="team-models")
    s3.put_object(Bucket="team-models", Key="llama/10/config.json")
    case = clinic.case(model={"id": MODEL, "source": source})
    assert (model_access.BUCKET.is_for(case), model_access.CHECK.is_for(case)) == (True, False)
    finding = only(model_access.BUCKET, case)
    assert (finding.level, finding.seen) == ("error", f"{source} has no config.json: a model's files are not there")
    assert finding.fix.endswith(f"aws s3 sync model {source}")
    s3.put_object(Bucket="team-models", Key="llama/1/config.json")
    assert only(model_access.BUCKET, case).level == "ok"


def test_a_bucket_that_is_not_there_is_a_sentence(clinic: Clinic) -> None:
    clinic.write(model={"id": MODEL, "source": "s3://nobodys-models/llama/1"})
    level, seen, _ = of(clinic.findings(status=1), "model-source")[0]
    assert (level, "NoSuchBucket" in seen) == ("error", True)
