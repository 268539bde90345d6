"""Values that nobody should write: of another type, out of range, hostile to YAML, to a shell, to a format string; and
secrets, each of its own text, so that one that leaks is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True)
class Raw:
    """YAML text that stands in the file as it is, where the dumper would never write it so."""

    text: str


TEXTS: tuple[str, ...] = (
    *("", " ", "-", "~", "null", "no", "true", "0", "-1", "1e3", "0x10", "08", "2026-01-01", "latest", "auto", "all"),
    *(
        "[",
        "{",
        "{}",
        "[1",
        '{"a": 1}',
        '{"secure": "x"}',
        '["a", "b"]',
        "{0}",
        "{name}",
        "%s",
        "%(x)s",
        "${x}",
        "$(id)",
    ),
    *(
        "a b",
        "a\nb",
        "a\tb",
        "a\x00b",
        "a\x1b[31mb",
        "\u202eb",
        "é",
        "名前",
        "😀",
        "\ud7ff",
        "\ufeffa",
        "'",
        '"',
        "`id`",
    ),
    *("../..", "/", "//", "/etc/passwd", "~", "~/", "a/../b", "a" * 300, "a/" * 60, "http://[::1]/", "s3://", "s3://b"),
    *("<script>", "'; DROP TABLE x; --", "EOF", "--flag", "-x", "#", "a: b", "a #b", "&a", "*a", "!a", "|", ">"),
    *("0.0.0.0/0", "::/0", "10.0.0.0/33", "arn:aws:", "arn:aws:kms:us-east-1:1:key/x", "vpc-", "sha256:", "x@y"),
)
NUMBERS: tuple[int | float, ...] = (
    *(0, -1, 1, 2, 3, 7, 64, 65, 1000, 65_535, 65_536, 2**31, 2**53 + 1, 2**63, 2**64, 10**40),
    *(0.0, -0.0, 0.5, 1.0, 1.0000001, 8192.0, 1e-300, 1e308, float("inf"), float("-inf"), float("nan")),
)
RAW: tuple[Raw, ...] = tuple(
    map(
        Raw,
        (
            *(
                "!!binary aGVsbG8=",
                "!!set {a, b}",
                "!!omap [a: 1]",
                "!!python/name:os.system",
                "!other a",
                "!!timestamp 1",
            ),
            *("{1: 2}", "{true: x}", "{null: x}", "{1.5: x}", "{[a]: b}", "{{a: b}: c}", "{? [a, b]}", "{'': x}"),
            *("&a [*a]", "&a {b: *a}", "[&b x, *b]", "{<<: {a: 1}}", "*missing", "{a: 1, a: 2}", "[" * 40 + "]" * 40),
            *(
                "[" * 3000 + "]" * 3000,
                "{a: " * 500 + "1" + "}" * 500,
                "'" + "[" * 20_000 + "'",
                "1" * 5000,
                "-" + "9" * 400,
            ),
            *("1_000", "0o17", "0b11", "+1", "1:30", ".inf", "-.INF", ".NaN", "1e999", "2026-01-01T00:00:00Z", "~"),
            *("[a", "{a", '"a', "'a", "@a", "%a", "a: b: c", "\ta", "\x07", "'\u2028'"),
        ),
    )
)

SECRET_FORMS: tuple[str, ...] = (
    "hf_{}",
    "sk-{}",
    "sk-proj-{}",
    "AKIA{:.16}",
    "ghp_{}",
    "github_pat_{}",
    "xoxr-{}",
    "https://me:{}@example.com/x",
    "-----BEGIN PRIVATE KEY-----{}",
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@st.composite
def secrets(draw: st.DrawFn) -> str:
    """The shape of a token or key of somebody, with a text that is nowhere else."""
    seed = draw(st.integers(0, 10**9))
    body = "".join(LETTERS[(seed * (index + 7) * 31 + index * index) % 26] for index in range(36))
    return draw(st.sampled_from(SECRET_FORMS)).format(body)


@st.composite
def with_secrets(draw: st.DrawFn) -> tuple[Any, str]:
    """A value with a secret somewhere in it, and the secret."""
    secret = draw(secrets())
    shapes: tuple[Any, ...] = (
        secret,
        f"see {secret} here",
        f"https://user:{secret}@example.com/x",
        [secret],
        ["a", [secret]],
        {"a": secret},
        {"a": {"b": ["c", secret]}},
        {secret: "a"},
        {"a": {secret: 1}},
        f'{{"a": "{secret}"}}',
        f'{{"a": "{secret}"',
        f'{{"{secret}": 1}}',
        {"secure": secret},
        [{"secure": secret}],
        {"secure": [secret]},
        {"secure": secret, "a": 1},
        f"{secret}@example.com",
    )
    return draw(st.sampled_from(shapes)), secret


def values() -> st.SearchStrategy[Any]:
    """Anything but a secret."""
    scalars = st.one_of(
        st.sampled_from(TEXTS),
        st.sampled_from(NUMBERS),
        st.sampled_from((None, True, False)),
        st.sampled_from(RAW),
        st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20),
    )
    nested = st.one_of(
        st.lists(st.sampled_from((*TEXTS, *NUMBERS)), max_size=3),
        st.dictionaries(st.sampled_from(TEXTS), st.sampled_from((*TEXTS, *NUMBERS)), max_size=2),
        st.sampled_from(({"secure": "v1:x:y"}, {"secure": None}, {"secure": {}}, [{"secure": "v1:x"}], [[]], {}, [])),
    )
    return st.one_of(scalars, scalars, nested)
