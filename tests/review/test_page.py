"""The page: whole HTML, everything escaped, nothing that a browser would fetch or run."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from review.model import Forces, Op, Review, Risk
from review.page import page
from tests.review.reviews import hostile, property_change, resource, review, stack, usual

VOID = {"meta", "link", "br", "img"}
FETCHING = {"script", "img", "iframe", "object", "embed", "video", "audio", "source", "base", "form", "svg"}


class Reader(HTMLParser):
    """Tags, attributes and text; an element that ends another than the last that began is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def read(shown: Review) -> Reader:
    reader = Reader()
    reader.feed(page(shown))
    reader.close()
    assert reader.open == []
    return reader


def test_it_says_everything() -> None:
    text = " ".join(read(usual()).text.split())
    for said in (
        "Review: medium risk",
        "main (1234abcd) → the working tree",
        "$15,781 → $22,457",
        "+$6,676 (+42%)",
        "Hosts are replaced; follow with ops rollout --wait.",
        "g6e.12xlarge",
        "g6e.24xlarge",
        "mandatory policy cost-within-budget: vllm: too much",
        "Fleet vllm",
        "Group vllm changed",
        "launchTemplate.version: 1 → [unknown]",
        "/etc/vllm/args",
        "aws 7.1.0",
    ):
        assert said in text, said
    assert text.index("Hosts are replaced") < text.index("It costs more")


def test_hostile_text_is_only_shown() -> None:
    reader = read(hostile())
    assert not FETCHING & {tag for tag, _ in reader.tags}
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in reader.text
    assert "\u202e" not in reader.text
    assert "\\u202e" in reader.text


def test_nothing_is_fetched() -> None:
    document = page(usual())
    assert "default-src 'none'" in document
    targets = [value for tag, attributes in read(usual()).tags for name, value in attributes.items() if name == "href"]
    assert all(target and target.startswith(("#", "data:")) for target in targets)
    assert not re.search(r"url\(|@import|https?:", document)


def test_links_lead_to_the_stacks() -> None:
    tags = read(usual()).tags
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    assert {f"#{name}" for name in ids} == {attributes["href"] for tag, attributes in tags if tag == "a"}


def test_secrets_stay_secret() -> None:
    token = "hf_" + "aB3" * 11
    changed = resource(
        Op.UPDATE, property_change("a", before="[secret]", after=token), property_change("b", after=[token])
    )
    document = page(review(stack(changes=(changed,), problems=(f"given {token}",))))
    assert token not in document
    assert "[secret]" in document


def test_a_long_value_is_folded_and_shown_as_what_differs() -> None:
    before = "\n".join(f"line {number}" for number in range(100))
    changed = resource(Op.UPDATE, property_change("body", before=before, after=before.replace("line 50", "other")))
    document = page(review(stack(changes=(changed,))))
    assert '<span class="gone">-line 50</span><span class="added">+other</span>' in document
    assert "line 20" not in document
    assert "<details><summary><code>body</code>: what differs</summary>" in document


def test_a_replacement_says_which_property_forces_it() -> None:
    changed = resource(Op.REPLACE, property_change("port", forces=Forces.YES), refused="it is protected: refused")
    text = read(review(stack(changes=(changed,)))).text
    assert "forces a replacement" in text
    assert "refused: it is protected: refused" in text


def test_no_stack_and_nothing_at_all() -> None:
    assert "There is no stack file." in read(review()).text
    text = read(review(stack("dev", Risk.NONE))).text
    assert "Nothing changes" in text


def test_a_rename_says_what_it_was() -> None:
    changes = (
        resource(Op.RENAME, name="new", renamed_from="urn:pulumi:prod::vllm::a::old"),
        resource(Op.UPDATE, property_change(), name="next", renamed_from="urn:pulumi:prod::vllm::a::last"),
    )
    text = " ".join(read(review(stack(changes=changes))).text.split())
    assert "Group new renamed from old" in text
    assert "Group next changed, renamed from last" in text
