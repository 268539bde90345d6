"""What the hub and the registry are asked for a pin, and what is said when they give nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.errors import OpsError
from ops.hub import commit_of
from ops.registry import Repository, digest_of
from ops.registry_ecr import ecr_digest
from rehearsal.aws.server import EmulatedAws
from tests.ops.sources import COMMIT, DIGEST, TOKEN, Sources, serving

MODEL = "meta-llama/Llama-3.1-8B-Instruct"
NAME, TAG = "vllm/vllm-openai", "v0.32.0"


@pytest.fixture
def sources() -> Iterator[Sources]:
    made = Sources(revisions={(MODEL, "main"): COMMIT, (MODEL, "refs/pr/1"): "b" * 40}, images={(NAME, TAG): DIGEST})
    with serving(made):
        yield made


def commit(sources: Sources, *, model: str = MODEL, revision: str = "main", **environment: str) -> str:
    hub = {"HF_ENDPOINT": f"http://{sources.address}/"}
    return commit_of(model, revision=revision, environment={**hub, **environment})


def test_a_branch_is_its_commit(sources: Sources) -> None:
    assert commit(sources) == COMMIT
    assert sources.asked == [("GET", f"/api/models/{MODEL}/revision/main", None)]


def test_a_slash_in_a_branch_is_no_slash_in_the_path(sources: Sources) -> None:
    assert commit(sources, revision="refs/pr/1") == "b" * 40


def test_a_token_is_sent_when_there_is_one(sources: Sources) -> None:
    commit(sources, HF_TOKEN="hf_x")
    assert sources.asked[0][2] == "Bearer hf_x"


@pytest.mark.parametrize(
    ("model", "revision", "says"),
    [
        (MODEL, "v9", "has no branch, tag or commit v9"),
        ("other/model", "main", "shows no model other/model: check the id, or export HF_TOKEN"),
    ],
)
def test_what_the_hub_does_not_have_is_named(sources: Sources, model: str, revision: str, says: str) -> None:
    with pytest.raises(OpsError, match=says):
        commit(sources, model=model, revision=revision)


def test_a_model_that_has_moved_is_followed_by_the_person_not_by_the_token(sources: Sources) -> None:
    sources.answers[f"/api/models/{MODEL}/revision/main"] = (307, {"Location": "/api/models/new/name"}, {})
    with pytest.raises(OpsError, match="has moved to /api/models/new/name"):
        commit(sources)


@pytest.mark.parametrize("body", [None, [], {"sha": "main"}, {"sha": None}])
def test_an_answer_without_a_commit_is_no_pin(sources: Sources, body: object) -> None:
    sources.answers[f"/api/models/{MODEL}/revision/main"] = (200, {}, body)
    with pytest.raises(OpsError, match="could not be read"):
        commit(sources)


def test_a_hub_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(OpsError, match=r"is the hub reachable(.|\n)*127\.0\.0\.1:9"):
        commit_of(MODEL, revision="main", environment={"HF_ENDPOINT": "http://127.0.0.1:9"})
    with pytest.raises(OpsError, match="not the address of a model hub"):
        commit_of(MODEL, revision="main", environment={"HF_ENDPOINT": "hub"})


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("vllm/vllm-openai", "https://registry-1.docker.io/v2/vllm/vllm-openai/manifests/v1"),
        ("docker.io/vllm/vllm-openai", "https://registry-1.docker.io/v2/vllm/vllm-openai/manifests/v1"),
        ("ubuntu", "https://registry-1.docker.io/v2/library/ubuntu/manifests/v1"),
        ("public.ecr.aws/team/vllm", "https://public.ecr.aws/v2/team/vllm/manifests/v1"),
        ("ghcr.io/a/b/c", "https://ghcr.io/v2/a/b/c/manifests/v1"),
        ("localhost/vllm", "http://localhost/v2/vllm/manifests/v1"),
        ("localhost:5000/vllm", "http://localhost:5000/v2/vllm/manifests/v1"),
        ("127.0.0.1:5000/a/vllm", "http://127.0.0.1:5000/v2/a/vllm/manifests/v1"),
        ("registry.example.com:5000/vllm", "https://registry.example.com:5000/v2/vllm/manifests/v1"),
    ],
)
def test_a_repository_is_read_as_container_engines_do(text: str, url: str) -> None:
    assert Repository.parse(text).manifest_url("v1") == url


def test_an_anonymous_token_is_fetched_for_a_public_image(sources: Sources) -> None:
    assert digest_of(f"{sources.address}/{NAME}", tag=TAG) == DIGEST
    manifest = f"/v2/{NAME}/manifests/{TAG}"
    assert sources.asked == [
        ("HEAD", manifest, None),
        ("GET", "/token?service=stand-in&scope=repository%3Avllm%2Fvllm-openai%3Apull", None),
        ("HEAD", manifest, f"Bearer {TOKEN}"),
    ]


def test_a_registry_that_wants_no_token_is_asked_once(sources: Sources) -> None:
    sources.wants_token = False
    assert digest_of(f"{sources.address}/{NAME}", tag=TAG) == DIGEST
    assert len(sources.asked) == 1


def test_a_tag_that_is_not_there_is_named(sources: Sources) -> None:
    with pytest.raises(OpsError, match=f"there is no image .*{NAME}:v9"):
        digest_of(f"{sources.address}/{NAME}", tag="v9")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (f"/v2/{NAME}/manifests/{TAG}", (401, {"WWW-Authenticate": 'Basic realm="x"'}, None)),
        (f"/v2/{NAME}/manifests/{TAG}", (401, {}, None)),
        (f"/v2/{NAME}/manifests/{TAG}", (401, {"WWW-Authenticate": 'Bearer realm="file:///etc/passwd"'}, None)),
        (f"/v2/{NAME}/manifests/{TAG}", (403, {}, None)),
        ("/token", (401, {}, {"details": "incorrect username or password"})),
        ("/token", (200, {}, {})),
    ],
)
def test_a_registry_that_wants_a_login_is_said_to(
    sources: Sources, path: str, answer: tuple[int, dict[str, str], object]
) -> None:
    sources.answers[path] = answer
    with pytest.raises(OpsError, match=r"only to those who log in(.|\n)*docker buildx imagetools inspect"):
        digest_of(f"{sources.address}/{NAME}", tag=TAG)


@pytest.mark.parametrize(("status", "says"), [(429, "too many requests"), (500, "could not be read")])
def test_other_refusals_are_named(sources: Sources, status: int, says: str) -> None:
    sources.answers[f"/v2/{NAME}/manifests/{TAG}"] = (status, {}, None)
    with pytest.raises(OpsError, match=says):
        digest_of(f"{sources.address}/{NAME}", tag=TAG)


def test_a_registry_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(OpsError, match=r"is the registry reachable(.|\n)*127\.0\.0\.1:9"):
        digest_of("127.0.0.1:9/a", tag=TAG)


def test_a_private_registry_of_aws_is_asked_with_aws_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    with EmulatedAws() as aws:
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        client = aws.client("ecr")
        client.create_repository(repositoryName="team/vllm")
        pushed = client.put_image(
            repositoryName="team/vllm",
            imageTag=TAG,
            imageManifest='{"schemaVersion": 2}',
            imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
        )
        repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/vllm"
        assert digest_of(repository, tag=TAG) == pushed["image"]["imageId"]["imageDigest"]
        with pytest.raises(OpsError, match="there is no such image"):
            digest_of(repository, tag="v9")
        with pytest.raises(OpsError, match="there is no such image"):
            ecr_digest(account="123456789012", region="us-east-1", name="other", tag=TAG)
