"""The generated files mean the same to every reader, whatever the values look like."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ConfigError
from tests.e2e.support import need
from tests.userdata.builders import make_options
from userdata.env import arguments_text, environment_text, host_environment

SYSTEMD_PARSER = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")
HOSTILE = [
    'a "b" c',
    "it's",
    "$HOME ${HOME} $(id) `id`",
    "back\\slash \\n \\\\",
    "  spaces  ",
    "# no comment ; no end",
    "é ✓ {{ template }} !history ~ * ?",
    "trailing\\",
]
printable = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.isprintable)


def in_bash(text: str) -> dict[str, str]:
    """What bash has in its variables after it has read ``text``."""
    names = [line.split("=", 1)[0] for line in text.splitlines()]
    show = "".join(f'printf "%s\\0" "${name}";' for name in names)
    done = subprocess.run(
        ["bash", "-c", f"set -eu; . /dev/stdin; {show}"], input=text.encode(), capture_output=True, check=True
    )
    return dict(zip(names, done.stdout.decode().split("\0"), strict=False))


@pytest.mark.parametrize("value", HOSTILE)
def test_bash_reads_a_value_as_it_is(value: str) -> None:
    assert in_bash(environment_text({"A": value, "B": "end"})) == {"A": value, "B": "end"}


@given(values=st.lists(printable, min_size=1, max_size=5))
def test_bash_reads_any_value_as_it_is(values: list[str]) -> None:
    variables = {f"V{index}": value for index, value in enumerate(values)}
    assert in_bash(environment_text(variables)) == variables


@pytest.mark.parametrize("value", HOSTILE)
def test_systemd_reads_a_value_as_it_is(value: str, tmp_path: Path) -> None:
    need(SYSTEMD_PARSER.exists(), "systemd's environment generator is not installed")
    folder = tmp_path / "environment.d"
    folder.mkdir()
    # environment.d is parsed as an EnvironmentFile is; then it also expands $, where $$ stands for $.
    (folder / "host.conf").write_text(environment_text({"A": value.replace("$", "$$")}), encoding="utf-8")
    done = subprocess.run(
        [str(SYSTEMD_PARSER)], env={"XDG_CONFIG_HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert in_bash(done.stdout)["A"] == value


@pytest.mark.parametrize("value", ["two\nlines", "tab\t", "\x1b[31m", "\x00", "next\x85line", "\u2028"])
def test_a_value_of_more_than_a_line_is_refused(value: str) -> None:
    with pytest.raises(ConfigError) as raised:
        environment_text({"SERVED_NAME": value})
    (problem,) = raised.value.problems
    assert (problem.path, problem.given) == ("SERVED_NAME", repr(value))
    with pytest.raises(ConfigError, match="extraArgs"):
        arguments_text(("org/model", value))


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(ValueError, match="LOG_GROUP is empty"):
        environment_text({"LOG_GROUP": ""})


def test_the_variables_are_sorted() -> None:
    text = environment_text(host_environment(options=make_options(), scripts_key="scripts/0"))
    names = [line.split("=", 1)[0] for line in text.splitlines()]
    assert names == sorted(names)
    assert len(names) == len(set(names))


@given(arguments=st.lists(st.just("") | printable, min_size=1, max_size=6))
def test_bash_reads_the_arguments_as_they_are(arguments: list[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", 'mapfile -t args; printf "%s\\0" "${args[@]}"'],
        input=arguments_text(tuple(arguments)).encode(),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().split("\0")[:-1] == arguments
