"""The generated pages say what the code says."""

import importlib.util
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
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert len(section.replace("```python", "").split("```")[-1].strip()) > 10, name


def test_the_parts_are_all_there(generate):
    page = generate.parts()
    for component in ganzoo.list_components():
        assert f"| `{component.name}` |" in page
