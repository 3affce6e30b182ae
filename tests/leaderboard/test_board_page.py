"""The board's pages in a real browser: Chromium, headless, from files, without a network."""

import json
import re
import shutil
import subprocess
import time
from html import unescape

import pytest
from helpers.fake_records import failed, many, record, write_records

from ganzoo.leaderboard.board import build_board
from ganzoo.leaderboard.html.site import write_site

BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium found; Debian's package chromium has it"),
]

PROBE = """<!doctype html><title>probe</title>
<iframe id="frame" src="{page}" style="width:{width}px;height:900px;border:0"></iframe>
<script>
document.getElementById("frame").addEventListener("load", (event) => {{
  const view = event.target.contentWindow, page = event.target.contentDocument;
  const shown = (table) => [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const labels = (table) => shown(table).map((row) => row.cells[1].textContent.trim());
  const result = {{ scroll: page.documentElement.scrollWidth, width: page.documentElement.clientWidth }};
  {script}
  const out = document.createElement("pre");
  out.id = "out";
  out.textContent = JSON.stringify(result);
  document.body.append(out);
}});
</script>
"""


def probe(folder, page, script="", width=1280, flags=()):
    """What a script finds in a page that is shown in a frame so wide. Anything that the page logs is an error."""
    path = folder / "probe.html"
    path.write_text(PROBE.format(page=page, width=width, script=script))
    command = [
        *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--log-level=0"),
        *("--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000"),
        *(*flags, "--dump-dom", path.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
    assert "CONSOLE" not in done.stderr, [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(unescape(re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL)[1]))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A small board, with a failed run, several seeds, and a name that would be markup if it were not escaped."""
    folder = tmp_path_factory.mktemp("board")
    quality = {"dcgan+bce": 20, "dcgan+hinge+sn": 9, "mlp+lsgan": 60, "dcgan+rpgan+r1+r2": 9.3}
    records = [record(spec, s, fid + s, core_s=50 + fid) for spec, fid in quality.items() for s in range(3)]
    records += [record("mlp+bce", s, 0.01 * (s + 1), data="ring8") for s in range(2)]
    records += [failed("mlp+wgan", s) for s in range(3)]
    records += [record("mlp+bce", 0, 70, settings={"lr": "<img src=x onerror=console.error(1)>"})]
    write_site(build_board([write_records(folder / "records.jsonl", *records)]), folder / "site")
    return folder / "site"


SORT = """
  const table = page.querySelector("table.board"), heads = [...table.tHead.rows[0].cells];
  const head = (name) => heads.find((th) => th.textContent.startsWith(name));
  result.sections = page.querySelectorAll("table.board").length;
  result.figures = page.querySelectorAll("figure svg").length;
  result.ranked = labels(table);
  head("core-s").querySelector("button").click();
  result.cheapest = labels(table);
  result.up = head("core-s").getAttribute("aria-sort");
  head("core-s").querySelector("button").click();
  result.dearest = labels(table);
  result.down = head("core-s").getAttribute("aria-sort");
  result.others = heads.filter((th) => th.hasAttribute("aria-sort")).length;
  head("combination").querySelector("button").click();
  result.named = labels(table);
  result.scopes = [...page.querySelectorAll("th")].every((th) => th.hasAttribute("scope"));
"""


def test_the_table_sorts(site):
    page = probe(site, "index.html", SORT)
    assert page["sections"] == 2
    assert page["figures"] == 6
    assert page["ranked"][0] == "dcgan+hinge+sn"
    assert [label.split()[0] for label in page["cheapest"][:3]] == ["dcgan+hinge+sn", "dcgan+rpgan+r1+r2", "dcgan+bce"]
    assert page["dearest"][0].startswith("mlp+")
    assert (page["up"], page["down"], page["others"]) == ("ascending", "descending", 1)
    assert page["named"] == sorted(page["ranked"], key=str.lower)
    assert page["scopes"]


FILTER = """
  const field = page.getElementById("filter"), table = page.querySelector("table.board");
  field.value = "rpgan r2";
  field.dispatchEvent(new view.Event("input", { bubbles: true }));
  result.left = labels(table);
  result.count = page.getElementById("count").textContent;
  field.value = "";
  field.dispatchEvent(new view.Event("input", { bubbles: true }));
  result.all = labels(table).length;
"""


def test_the_filter_narrows(site):
    page = probe(site, "index.html", FILTER)
    assert page["left"] == ["dcgan+rpgan+r1+r2"]
    assert page["count"] == "1 of 7 rows"
    assert page["all"] == 6


def test_a_combination_opens(site):
    (link,) = probe(site, "index.html", "result.link = [page.querySelector('th.label a').getAttribute('href')];")[
        "link"
    ]
    assert (site / link).is_file()
    script = """
      result.title = page.querySelector("h1").textContent;
      result.command = page.querySelector("pre").textContent;
      result.curve = page.querySelectorAll("figure svg path.line").length;
      result.download = page.querySelector("a[download]").href.replace(/.*records/, "records");
      result.back = page.querySelector("a").getAttribute("href");
    """
    page = probe(site, link, script)
    assert page["title"] == "dcgan+hinge+sn"
    spec = "dcgan:weight=1+hinge:weight=1+sn:weight=1@digits"  # with every option of the record's parts
    assert page["command"].startswith(f"OMP_NUM_THREADS=1 ganzoo run {spec} --images 100000 --seed 0")
    assert page["curve"] == 4
    assert len((site / page["download"]).read_text().splitlines()) == 3
    assert page["back"] == "../index.html"


@pytest.mark.parametrize("flags", [(), ("--blink-settings=preferredColorScheme=0",)])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_are_as_wide_as_the_screen(site, width, flags):
    pages = ["index.html", *(f"combinations/{path.name}" for path in sorted((site / "combinations").iterdir())[:2])]
    script = """
      const board = page.querySelector(".scroll");
      result.ink = view.getComputedStyle(page.body).color;
      result.hidden = board ? board.scrollWidth - board.clientWidth : 0;
    """
    states = [probe(site, page, script, width, flags) for page in pages]
    assert all(f["scroll"] == f["width"] > width - 20 for f in states)  # a scroll bar may take some
    assert states[0]["hidden"] == 0
    dark = [int(re.search(r"\d+", f["ink"])[0]) > 128 for f in states]
    assert dark == [bool(flags)] * len(pages)


def test_what_a_page_logs_is_noticed(site):
    with pytest.raises(AssertionError, match="an error of the page"):
        probe(site, "index.html", "view.console.error('an error of the page');")


def test_nothing_is_fetched(site):
    for path in [*site.glob("*.html"), *site.glob("combinations/*.html")]:
        text = path.read_text()
        assert not re.findall(
            r'(?:src|href|url)\s*[=(]\s*"?(?:https?:)?//', re.sub(r'<a href="https://arxiv[^"]*">', "", text)
        )


def test_thousands_of_rows_stay_quick(tmp_path):
    began = time.process_time()
    write_site(build_board([write_records(tmp_path / "records.jsonl", *many(10_000))]), tmp_path / "site")
    assert time.process_time() - began < 30  # with what it takes to make the records up, on a machine that others use
    script = """
      const table = page.querySelector("table.board"), heads = [...table.tHead.rows[0].cells];
      const timed = (act) => {
        const began = performance.now();
        act();
        page.body.offsetHeight; // lays the page out
        return performance.now() - began;
      };
      const field = page.getElementById("filter");
      result.rows = table.tBodies[0].rows.length;
      result.sort = [3, 1, 9].map((i) => timed(() => heads[i].querySelector("button").click()));
      result.shown = labels(table).length;
      result.filter = timed(() => { field.value = "hinge"; field.dispatchEvent(new view.Event("input")); });
    """
    page = probe(tmp_path / "site", "index.html", script)
    assert page["rows"] > 1_000
    assert page["shown"] == 200
    assert min(page["sort"]) < 1_000, page  # milliseconds, on a machine that others may use
    assert page["filter"] < 1_000, page
