from __future__ import annotations

from components.aws.naming import Tags


def test_the_own_tags_of_a_resource() -> None:
    assert Tags(stack="dev").named("alb") == {
        "Name": "vllm-dev-alb",
        "Project": "vllm",
        "Stack": "dev",
        "ManagedBy": "pulumi",
    }


def test_without_the_tags_of_the_user_the_own_ones_stay() -> None:
    tags = Tags(stack="dev", extra={"team": "ml"})
    assert tags.own.named("alb") == Tags(stack="dev").named("alb")


def test_more_tags_are_added_and_never_take_the_place_of_own_ones() -> None:
    """Permissions of the hosts rest on the own tags."""
    tags = Tags(stack="dev", extra={"team": "ml", "Stack": "prod"}).named("cache", Project="other", slot="0-1")
    assert tags["team"] == "ml"
    assert tags["slot"] == "0-1"
    assert (tags["Stack"], tags["Project"]) == ("dev", "vllm")
