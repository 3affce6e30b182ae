"""The generated pages agree with the code, and the page on architecture names what exists."""

import importlib.util
import re
from pathlib import Path

import pytest

import ganzoo
import ganzoo.testing

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["reference.md", "parts.md"])
def test_it_is_up_to_date(generate, page):
    if (DOCS / page).read_text() != generate.PAGES[page]():
        pytest.fail(f"docs/{page} is stale; run python docs/generate.py", pytrace=False)


def test_the_reference_has_every_public_name_with_a_text(generate):
    page = generate.reference()
    for name in (*ganzoo.__all__, *(f"testing.{name}" for name in ganzoo.testing.__all__)):
        section = page.partition(f"\n### {name}\n")[2].partition("\n##")[0]
        assert len(section.replace("```python", "").split("```")[-1].strip()) > 10, name


def test_a_new_public_name_must_be_put_in_a_group(generate, monkeypatch):
    monkeypatch.setattr(ganzoo, "__all__", sorted([*ganzoo.__all__, "Novelty"]))
    with pytest.raises(ValueError, match="Novelty"):
        generate.reference()


def test_the_parts_are_all_there(generate):
    page = generate.parts()
    for component in ganzoo.list_components():
        assert f"| `{component.name}` |" in page


PAGE = (DOCS / "architecture.md").read_text()
FILES = sorted(set(re.findall(r"`((?:\w+/)+\w+\.py)`", PAGE)))
NAMES = sorted(set(re.findall(r"`((?:\w+/)+\w+\.py)`\s`([\w.]+)`", PAGE)))


def test_the_page_on_architecture_names_files_and_names():
    assert len(FILES) > 30
    assert len(NAMES) > 25


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_the_page_on_architecture_exists(file):
    assert (Path(ganzoo.__file__).parent / file).is_file()


@pytest.mark.parametrize(("file", "name"), NAMES)
def test_a_name_of_the_page_on_architecture_is_in_its_file(file, name):
    source = (Path(ganzoo.__file__).parent / file).read_text()
    for each in name.split("."):
        assert re.search(rf"(def|class) {each}\b", source), each


def test_every_room_is_on_the_page_on_architecture():
    rooms = {path.parent.name for path in Path(ganzoo.__file__).parent.glob("*/__init__.py")}
    assert rooms == set(re.findall(r"<b>(\w+)</b>", PAGE))


def test_the_glossary_explains_each_word_once():
    """Or says by its headings that there are two meanings."""
    sections = (DOCS / "glossary.md").read_text().split("\n## ")
    for section in sections:
        words = re.findall(r"^\*\*(.+?)\.?\*\*", section, re.MULTILINE)
        assert len(words) == len(set(words))
    words = [word for section in sections for word in re.findall(r"^\*\*(.+?)\.?\*\*", section, re.MULTILINE)]
    assert {word for word in words if words.count(word) > 1} <= {"Judge"}
