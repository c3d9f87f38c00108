"""What the documents name exists: files, links and headings; functions, keys and tables of the architecture."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from orchestrator.cli.app import app
from orchestrator.cli.lazy_commands import LazyGroup
from orchestrator.settings import Settings
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.tables import metadata

ROOT = Path(__file__).resolve().parents[2]
PAGES = [path.relative_to(ROOT).as_posix() for path in (*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("*/**/*.md")))
         if not path.relative_to(ROOT).parts[0].startswith(".") and path.name != "CHANGELOG.md"]  # fmt: skip
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()

_FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")} - {"data", "dist"}
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)+/?")
_ROW = re.compile(r"^\| (.+) \|$", re.MULTILINE)


def named_paths(page: str) -> set[str]:
    """Return the words in code that look like a path of the repository."""
    words = {word for code in _CODE.findall(page) for word in code.split()}
    return {word for word in words if _PATH.fullmatch(word) and word.split("/")[0] in _FOLDERS}


@cache
def anchors(page: Path) -> frozenset[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings)


def leads_somewhere(link: str, page: Path) -> bool:
    target, _, anchor = link.partition("#")
    path = page.parent / target if target else page
    return path.exists() and (not anchor or path.suffix != ".md" or anchor in anchors(path))


def is_understood(words: list[str]) -> bool:
    """Whether the command line has this command, and the command these options."""
    command: Any = get_command(app)
    known: set[str] = set()
    for word in words:
        known |= {option for parameter in command.params for option in parameter.opts}
        if word in getattr(command, "commands", {}):
            command = command.loaded(word) if isinstance(command, LazyGroup) else command.commands[word]
    known |= {option for parameter in command.params for option in parameter.opts}
    return not hasattr(command, "commands") and {word for word in words if word.startswith("--")} <= known


def rows_under(heading: str) -> list[list[str]]:
    """Return the cells of the table in this section of the architecture, without its head."""
    section = ARCHITECTURE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [row.replace("call|name", "call name").split(" | ") for row in _ROW.findall(section)]
    return rows[2:]


def defined_in(path: Path) -> set[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)}


@pytest.mark.parametrize("name", PAGES)
def test_every_file_and_folder_that_a_page_names_exists(name: str) -> None:
    page = (ROOT / name).read_text()

    assert sorted(path for path in named_paths(page) if not list(ROOT.glob(path))) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_command_line_of_a_page_is_understood(name: str) -> None:
    lines = re.findall(r"^(?:\$ )?orchestrator (.+?)(?: +#.*)?$", (ROOT / name).read_text(), re.MULTILINE)

    assert [line for line in lines if not is_understood(line.split())] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_somewhere(name: str) -> None:
    page = ROOT / name
    links = [link for link in _LINK.findall(page.read_text()) if not re.match(r"\w+:|/", link)]

    assert [link for link in links if not leads_somewhere(link, page)] == []


def test_every_step_of_a_call_names_a_function_of_its_file() -> None:
    steps = [(file.strip("`"), function.strip("`")) for _, _, file, function in rows_under("One call, file by file")]

    assert len(steps) == 20
    assert [step for step in steps if step[1] not in defined_in(ROOT / step[0])] == []


def test_every_table_is_explained() -> None:
    assert sorted(row[0].strip("`") for row in rows_under("PostgreSQL")) == sorted(metadata.tables)


def test_every_redis_key_is_explained() -> None:
    keys = Keys()
    plain = {name for name in dir(Keys) if not name.startswith("_") and isinstance(getattr(keys, name), str)}
    made = {getattr(keys, name) for name in plain}
    made |= {
        getattr(keys, name)("x") for name in dir(Keys) if not name.startswith("_") and name not in plain | {"partition"}
    }

    explained = {key for row in rows_under("Valkey") for key in _CODE.findall(row[0])}

    assert {re.sub(r"<\w+>", "x", f"{{p0}}:{key}") for key in explained} == made


def test_ten_sentences_of_the_readme_lead_to_their_files() -> None:
    sentences = rows_under("Ten sentences of the README, and the file of each")

    assert len(sentences) == 10
    assert all((ROOT / file.strip("`")).is_file() for _, file in sentences)


def test_the_readme_names_every_folder() -> None:
    layout = (ROOT / "README.md").read_text().partition("\n## Layout\n")[2].partition("\n## ")[0]
    inside = {path.name for path in (ROOT / "orchestrator").iterdir() if (path / "__init__.py").is_file()}

    assert sorted(folder for folder in _FOLDERS | inside if f"{folder}/" not in layout) == []


def test_every_setting_is_explained() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    variables = {str(field.validation_alias) for field in Settings.model_fields.values() if field.validation_alias}

    assert len(variables) > 20
    assert sorted(name for name in variables if f"`{name}`" not in page) == []


def test_the_ten_sentences_are_in_the_readme() -> None:
    readme = re.sub(r"\s+", " ", (ROOT / "README.md").read_text().replace("**", "")).lower()
    sentences = [row[0] for row in rows_under("Ten sentences of the README, and the file of each")]

    assert [each for each in sentences if each.rstrip(".").lower() not in readme] == []
