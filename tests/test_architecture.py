"""Rules that hold for the whole tree: who may import whom, how long a file may be, what must not be in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOW = ("config", "sizing", "monitoring", "userdata", "machine", "components", "__main__")
TOOLS = ("ops", "rehearsal")
REVIEW = "review"
POLICIES = "policies"
FOLDERS = (*FLOW[:-1], *TOOLS, REVIEW, POLICIES)
MAY_IMPORT_PULUMI = ("components", "__main__", "rehearsal", "policies")
MAX_LINES = 300
MAX_MAIN_LINES = 80
TEXT_SUFFIXES = {".py", ".sh", ".md", ".toml", ".yaml", ".yml", ".json", ".service", ".timer", ".cfg", ".txt", ""}


@dataclass(frozen=True)
class Import:
    """``target`` as written, dotted; ``function``: the enclosing one, None at module level."""

    source: Path
    target: str
    function: str | None

    @property
    def folder(self) -> str:
        return self.target.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.source.relative_to(ROOT)} imports {self.target}"


@cache
def tree_files() -> tuple[Path, ...]:
    """Every file of the tree that git would take: committed or new, not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return tuple(sorted(path for name in listed if name and (path := ROOT / name).is_file()))


def python_files(*folders: str) -> tuple[Path, ...]:
    return tuple(file for file in tree_files() if file.suffix == ".py" and owner(file) in folders)


def owner(file: Path) -> str:
    """The folder at the top, or the name of a module at the top."""
    top = file.relative_to(ROOT).parts[0]
    return top.removesuffix(".py")


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def imports_of(file: Path) -> Iterator[Import]:
    def visit(node: ast.AST, function: str | None) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            if isinstance(child, ast.Import):
                yield from (Import(file, alias.name, function) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = absolute_module(file, child)
                yield from (Import(file, f"{base}.{alias.name}", function) for alias in child.names)
            else:
                yield from visit(child, inside)

    yield from visit(parsed(file), None)


def absolute_module(file: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = file.relative_to(ROOT).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def all_imports(*folders: str) -> list[Import]:
    return [found for file in python_files(*folders) for found in imports_of(file)]


def test_imports_follow_the_data_flow() -> None:
    allowed = {folder: set(FLOW[: index + 1]) for index, folder in enumerate(FLOW)}
    wrong = [
        str(found)
        for found in all_imports(*FLOW)
        if found.folder in (*FOLDERS, "__main__") and found.folder not in allowed[owner(found.source)]
    ]
    assert not wrong


def test_tools_use_the_pure_folders_and_never_components() -> None:
    wrong = [str(found) for found in all_imports(*TOOLS) if found.folder in ("components", "__main__")]
    assert not wrong


def test_rehearsal_never_imports_ops_and_ops_imports_rehearsal_only_inside_a_verb() -> None:
    wrong = [str(found) for found in all_imports("rehearsal") if found.folder == "ops"]
    wrong += [str(found) for found in all_imports("ops") if found.folder == "rehearsal" and found.function is None]
    assert not wrong


def test_a_review_compares_data_and_computes_none() -> None:
    """It is given graphs and plans of revisions that may be older than this one."""
    wrong = [found for found in all_imports(REVIEW) if found.folder in (*FOLDERS, "__main__")]
    assert {found.folder for found in wrong} <= {"config", REVIEW}, [str(found) for found in wrong]


def test_policies_stand_alone() -> None:
    """The Pulumi CLI runs them in an environment of their own, without this project's packages."""
    wrong = [str(found) for found in all_imports(POLICIES) if found.folder in (*FOLDERS, "__main__", "tests", "tools")]
    assert [found for found in wrong if f"imports {POLICIES}" not in found] == []
    rules = [found for found in all_imports(POLICIES) if found.source.parent.name == "rules"]
    assert not [str(found) for found in rules if found.folder not in (POLICIES, *sys.stdlib_module_names)]


def test_pulumi_is_imported_where_resources_are_made_and_in_one_function_of_config() -> None:
    elsewhere = [found for found in all_imports(*FOLDERS, "__main__") if found.folder.startswith("pulumi")]
    elsewhere = [found for found in elsewhere if owner(found.source) not in MAY_IMPORT_PULUMI]
    places = {(owner(found.source), found.function) for found in elsewhere}
    assert places == {("config", "load_pulumi")}, [str(found) for found in elsewhere]


def test_verbs_about_configuration_load_no_sdk() -> None:
    """`ops plan` has half a second: boto3, pulumi and the emulator are for the verbs that need them."""
    heavy = {"boto3", "botocore", "pulumi", "pulumi_aws", "moto", "openai"}
    modules = {module_name(file): file for file in python_files(*FOLDERS)}
    start = {"ops.cli", "ops.plan", "ops.size", "ops.render", "ops.graph"}
    assert start <= set(modules)
    loaded = reachable(edges_of(modules), start=start)
    found = [imported for name in loaded for imported in imports_of(modules[name]) if imported.function is None]
    assert [str(imported) for imported in found if imported.folder in heavy] == []


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    assert not circle(edges_of({module_name(file): file for file in python_files(*FOLDERS)}))


def edges_of(modules: Mapping[str, Path]) -> dict[str, set[str]]:
    """Which of our modules each loads at its own import."""
    return {
        name: {
            target
            for found in imports_of(file)
            if found.function is None and (target := resolve(found.target, set(modules))) and target != name
        }
        for name, file in modules.items()
    }


def reachable(edges: Mapping[str, set[str]], *, start: set[str]) -> set[str]:
    seen: set[str] = set()
    waiting = start & set(edges)
    while waiting:
        seen |= waiting
        waiting = {target for name in waiting for target in edges[name]} - seen
    return seen


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def resolve(target: str, modules: set[str]) -> str | None:
    """The module behind ``package.module.name``; the name itself may be a module too."""
    return next((name for name in (target, target.rpartition(".")[0]) if name in modules), None)


def circle(edges: Mapping[str, set[str]]) -> list[str]:
    """What is left when modules that import nothing left are taken away again and again."""
    left = {name: set(targets) for name, targets in edges.items()}
    while free := [name for name, targets in left.items() if not targets & set(left)]:
        for name in free:
            del left[name]
    return sorted(left)


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]


def test_files_are_short() -> None:
    scripts = [file for file in tree_files() if file.suffix in (".py", ".sh")]
    long = {
        str(file.relative_to(ROOT)): lines
        for file in scripts
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) >= MAX_LINES
    }
    assert not long


def test_the_program_only_wires() -> None:
    lines = (ROOT / "__main__.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < MAX_MAIN_LINES
    assert not [node for node in ast.walk(parsed(ROOT / "__main__.py")) if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize("folder", [*FOLDERS, "__main__"])
def test_every_module_says_what_it_is(folder: str) -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in python_files(folder)
        if file.read_text(encoding="utf-8").strip() and not ast.get_docstring(parsed(file))
    ]
    assert not silent


def test_there_is_no_global_state() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in python_files(*FOLDERS, "__main__")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Global)
    ]
    assert not wrong


def test_every_file_with_tests_is_collected() -> None:
    lost = [
        str(file.relative_to(ROOT))
        for file in python_files("tests")
        if not file.name.startswith("test_")
        and any(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in parsed(file).body)
    ]
    assert not lost


def test_nothing_names_this_machine() -> None:
    """Absolute paths of the checkout, of its parent and of the home folder mean nothing elsewhere."""
    shared_by_all = {"/", "/tmp", "/home", "/opt", "/usr", "/var", "/srv", "/mnt"}
    folders = {str(ROOT), str(ROOT.parent), str(Path.home())} - shared_by_all
    of_images = r"(?!/\.cache/(?:huggingface|vllm)\b)"  # of root in vLLM's image, as everybody's commands have it
    pattern = re.compile(
        "|".join(rf"(?<![\w./~}}-]){re.escape(folder)}(?![\w-]){of_images}" for folder in sorted(folders))
    )
    assert found_in_tree(pattern) == []


def test_nothing_is_left_for_later() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")
    assert found_in_tree(re.compile(rf"\b(?:{'|'.join(marks)})\b")) == []


def found_in_tree(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for file in tree_files():
        if file.suffix not in TEXT_SUFFIXES:
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return found
