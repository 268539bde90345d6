"""The comment: what matters on top, everything escaped, never longer than GitHub takes."""

from __future__ import annotations

import re
from html import unescape

import pytest
from markdown_it import MarkdownIt

from review.markdown import LIMIT, markdown
from review.model import Consequence, FileChange, Op, Review, Risk
from tests.review.reviews import hostile, property_change, resource, review, stack, usual

ALLOWED = {"details", "/details", "summary", "/summary", "code", "/code"}
KNOWN_TAGS = re.compile(r"<(/?[A-Za-z]+)[^>]*>")


def html_of(shown: Review) -> str:
    """As GitHub renders it, before its filter for what is dangerous."""
    return str(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown(shown)))


def raw_tags(shown: Review) -> set[str]:
    """Names of the tags that stand in the Markdown as such, outside of code."""
    found: set[str] = set()
    for token in MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(markdown(shown)):
        for part in (token, *(token.children or ())):
            if part.type.startswith("html"):
                found |= {name.lower() for name in KNOWN_TAGS.findall(part.content)}
    return found


def text_of(html: str) -> str:
    """What people read of it."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def test_risk_cost_and_consequences_come_first() -> None:
    lines = markdown(usual()).splitlines()
    assert lines[0] == "## Review: medium risk"
    assert "| `prod` | **medium** | 1 changed | $15,781 → $22,457 | +$6,676 (+42%) |" in lines
    assert "| `dev` | none | nothing | $828 | none |" in lines
    text = markdown(usual())
    assert text.index("**medium**: Hosts are replaced; follow with `ops rollout --wait`.") < text.index("**low**: It")
    assert text.index("It costs more") < text.index("<details>")
    assert "### dev" not in text


def test_tree_plan_policies_and_files_are_there() -> None:
    text = text_of(html_of(usual()))
    for said in (
        "instance type g6e.12xlarge g6e.24xlarge",
        "New: mandatory policy cost-within-budget: vllm: too much",
        "~ Group vllm changed",
        "launchTemplate.version: 1 → [unknown]",
        "/etc/vllm/args on the hosts of prod",
        "-8192 +16384",
    ):
        assert said in text, said


@pytest.mark.parametrize("op", Op)
def test_the_sign_of_a_resource_is_text(op: Op) -> None:
    html = html_of(review(stack(changes=(resource(op, property_change()),))))
    assert html.count("<ul>") == (2 if op in (Op.CREATE, Op.DELETE) else 3)


def test_hostile_text_is_only_shown() -> None:
    assert raw_tags(hostile()) <= ALLOWED
    html = html_of(hostile())
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("<h1>") == 0
    assert html.count("<details>") == html.count("</details>") == 2
    assert "&lt;script&gt;" in html
    assert "\u202e" not in html
    assert not re.search(r"@everyone", re.sub(r"<(code|pre)\b.*?</\1>", "", html, flags=re.DOTALL))


def test_tables_keep_their_columns_whatever_a_value_says() -> None:
    html = html_of(hostile())
    rows = re.findall(r"<tr>(.*?)</tr>", html, flags=re.DOTALL)
    assert {row.count("<t") - row.count("<tr") for row in rows} == {3, 5}


def test_secrets_stay_secret() -> None:
    token = "hf_" + "aB3" * 11
    changed = resource(Op.UPDATE, property_change("a", before="[secret]", after=token))
    files = (FileChange(path="a", diff=(f"+{token}",)),)
    text = markdown(review(stack(changes=(changed,), problems=(token,), files=files)))
    assert token not in text
    assert "`[secret]`" in text


def big() -> Review:
    long = "\n".join(f"line {number} of many" for number in range(400))
    resources = tuple(
        resource(Op.UPDATE, property_change("body", before="", after=f"{long}{number}"), name=f"r{number}")
        for number in range(40)
    )
    diff = tuple(f"+line {number} of the file" for number in range(3000))
    return review(
        *(
            stack(
                f"s{at}",
                changes=resources,
                consequences=tuple(Consequence(id="x", risk=Risk.LOW, text="Words. " * 20) for _ in range(200)),
                files=tuple(FileChange(path=f"/opt/vllm/{number}.py", diff=diff) for number in range(30)),
            )
            for at in range(6)
        )
    )


@pytest.mark.parametrize("limit", [LIMIT, 20_000, 2_000])
def test_it_is_never_too_long_and_says_what_is_left_out(limit: int) -> None:
    text = markdown(big(), limit=limit)
    assert len(text) <= limit
    assert "_Left out, for length: " in text
    assert "and" in text.splitlines()[-1]
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0
    assert text.startswith("## Review: medium risk")


def test_what_fits_is_all_there() -> None:
    assert "Left out" not in markdown(usual())


def test_a_problem_stands_in_place_of_the_comparison() -> None:
    text = markdown(review(stack(risk=Risk.HIGH, problems=("In the working tree: vllm:model: it is missing",))))
    assert "| `prod` | **high** | could not be computed | - | - |" in text
    assert "- In the working tree: vllm:model: it is missing" in text


def test_a_file_that_changes_alike_in_several_stacks_stands_once() -> None:
    file = FileChange(path="/opt/vllm/boot.sh", diff=("-old", "+new"))
    whole = (Consequence(id="stack-new", risk=Risk.LOW, text="A new stack."),)
    text = markdown(
        review(
            stack("dev", files=(file,)), stack("prod", files=(file,)), stack("new", files=(file,), consequences=whole)
        )
    )
    assert text.count("+new") == 1
    assert "/opt/vllm/boot.sh on the hosts of dev, prod</summary>" in text


def test_nothing_at_all() -> None:
    assert markdown(review(stack("dev", Risk.NONE))).startswith("## Nothing changes\n")
