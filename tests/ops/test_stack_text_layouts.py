"""Whatever layout a YAML library gives a stack file, a set value is there afterwards and all else means what it did."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.stack_text import Value, with_value

SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    ["x", "a b", "yes", 1, 1.5, True, None, "", "with: colon", "# none", "it's", '"q"', "two\nlines\n", "é", "x" * 150]
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.sampled_from("kn"), SCALARS, max_size=2))
KEYS = st.sampled_from(["amiId", "gpu", "revision", "id", "size"])
SECTIONS = st.one_of(st.none(), st.dictionaries(KEYS, VALUES, max_size=4))
CHANGES: tuple[tuple[str, str, Value], ...] = (
    ("compute", "amiId", "ami-0123456789abcdef0"),
    ("model", "revision", "0" * 40),
    ("network", "zones", ("us-east-1a", "us-east-1b")),
)


@st.composite
def stack_files(draw: st.DrawFn) -> str:
    plain = {
        "aws:region": "us-east-1",
        "vllm:model": draw(st.sampled_from(["a/b", {"id": "a/b"}, {"revision": "v1", "id": "a/b"}])),
    }
    optional = {f"vllm:{name}": SECTIONS for name in ("compute", "network", "tags")}
    config = plain | draw(st.fixed_dictionaries({}, optional=optional))
    for section in config.values():
        if isinstance(section, dict) and isinstance(section.get("amiId"), list | dict):
            del section["amiId"]
    text: str = yaml.safe_dump(
        {"config": dict(draw(st.permutations(list(config.items())))), "encryptionsalt": "v1:x="},
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=draw(st.sampled_from([None, False, True])),
        default_style=draw(st.sampled_from([None, '"', "'"])),
        indent=draw(st.sampled_from([2, 4])),
        width=draw(st.sampled_from([60, 1000])),
        line_break=draw(st.sampled_from(["\n", "\r\n"])),
        explicit_start=draw(st.booleans()),
    )
    return draw(st.sampled_from([text, text.rstrip(), f"# first\n{text}\n\n# last\n"]))


@settings(max_examples=300, deadline=None)
@given(text=stack_files())
def test_any_layout(text: str) -> None:
    expected = yaml.safe_load(text)["config"]
    for section, key, value in CHANGES:
        before = expected.get(f"vllm:{section}") or {}
        content = before if isinstance(before, dict) else {"id": before}
        expected[f"vllm:{section}"] = {**content, key: list(value) if isinstance(value, tuple) else value}
        text = with_value(text, section=section, key=key, value=value)
        assert yaml.safe_load(text)["config"] == expected
