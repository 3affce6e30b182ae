"""What the rows of measure.py say beside the targets. Standard library only."""

from findings import ON_A_CPU

# what, case, of ours, other (None: images a second), least
TARGETS = (
    ("DCGAN-32 from graphs, beside the hand loop as written", "dcgan32", "graph", "hand", 4.0),
    ("DCGAN-32 from graphs, beside reduce-overhead", "dcgan32", "graph", "hand, reduce-overhead", 1.5),
    ("DCGAN-32, images/s", "dcgan32", "graph", None, 200_000),
    ("SNGAN-ResNet-32 in bf16, images/s", "resnet32", "bf16", None, 30_000),
    ("WGAN-GP: graph beside eager, fp32", "wgangp", "graph fp32", "eager fp32", 2.5),
)


def table(rows: list[dict]) -> str:
    """Targets, rates, correctness, quality, and what failed; in Markdown."""
    sections = [targets(rows), rates(rows), correctness(rows), quality(rows), failures(rows)]
    if any("note" in row for row in rows):
        sections.insert(0, f"**{ON_A_CPU}**: no number below is one of a GPU.")
    return "\n\n".join(section for section in sections if section)


def targets(rows: list[dict]) -> str:
    """Each target beside the best of ours that it is about."""
    lines = ["| target | least | found | of | |", "|---|---|---|---|---|"]
    for what, case, ours, other, least in TARGETS:
        if other is None:
            found = [(r["images_s"], r["way"]) for r in of(rows, "speed", case) if ours in r["way"] and "images_s" in r]
        else:
            ratios = [r for r in of(rows, "ratio", case) if "ratio" in r]
            found = [(r["ratio"], r["ours"]) for r in ratios if r["ours"].startswith(ours) and r["other"] == other]
        value, way = max(found, default=(None, ""))
        lines.append(f"| {what} | {least:,} | {number(value)} | {way} | {reached(rows, value, least)} |")
    resumed = [row for row in rows if row["part"] == "resume" and row["engine"] == "graph"]
    apart = [row.get("difference", float("inf")) for row in resumed]  # a failure reaches nothing
    verdict = reached(rows, -max(apart) if apart else None, 0)
    lines.append(
        f"| Resumed runs: largest difference of a weight | 0 | {number(max(apart, default=None))} | | {verdict} |"
    )
    return "## Targets\n\n" + "\n".join(lines)


def reached(rows: list[dict], value: float | None, least: float) -> str:
    """Whether a target is."""
    if value is None:
        return "not measured"
    if any("note" in row for row in rows):
        return "no measurement"
    return "reached" if value >= least else "not reached"


def rates(rows: list[dict]) -> str:
    """Images a second of every way, with the least and most of the blocks."""
    head = (
        "| case | way | images/s | least | most | rounds/s | first round, s | GiB |\n|---|---|---|---|---|---|---|---|"
    )
    names = ("images_s", "images_s_min", "images_s_max", "rounds_s", "first_s", "reserved_gib")
    lines = [
        f"| {row['case']} | {row['way']} | {' | '.join(number(row.get(name)) for name in names)} |"
        for row in rows
        if row["part"] == "speed" and "images_s" in row
    ]
    ratios = [
        f"| {row['case']} | {row['ours']} | {row['other']} | {row['ratio']} | {row['interval']} |"
        for row in rows
        if row["part"] == "ratio" and "ratio" in row
    ]
    also = (
        "\n\n| case | ours | other | ratio | interval |\n|---|---|---|---|---|\n" + "\n".join(ratios) if ratios else ""
    )
    return f"## Speed\n\n{head}\n" + "\n".join(lines) + also if lines else ""


def correctness(rows: list[dict]) -> str:
    """How many games were the same in two ways, and which were not."""
    found = [row for row in rows if row["part"] == "equal" and "difference" in row]
    lines = []
    for way in dict.fromkeys(row["way"] for row in found):
        differing = [row for row in found if row["way"] == way and row["difference"]]
        named = ", ".join(f"{row['loss']}+{row['terms']} {row['difference']:.2g}" for row in differing)
        total = sum(row["way"] == way for row in found)
        lines.append(f"- {way}: {total - len(differing)} of {total} games have the bits of eager. {named}".rstrip())
    passed = [f"- tests: {row['passed']} passed, exit code {row['exit']}" for row in rows if "passed" in row]
    return "## The same results\n\n" + "\n".join([*lines, *passed]) if lines or passed else ""


def quality(rows: list[dict]) -> str:
    """Scores of stacked MNIST."""
    found = [row for row in rows if row["part"] == "stacked" and ("metrics" in row or "missing" in row)]
    lines = [f"- `{row['spec']}`: {row.get('metrics') or 'missing: ' + row['missing']}" for row in found]
    return "## Stacked MNIST\n\n" + "\n".join(lines) if lines else ""


def failures(rows: list[dict]) -> str:
    """All errors, and parts that did not come to their end."""
    lines = []
    for row in rows:
        if "failed" in row or "failed_test" in row:
            named = [str(row[key]) for key in ("case", "loss", "terms", "way", "spec", "failed_test") if key in row]
            causes = ", since: ".join(row.get("failed", []))
            lines.append(f"- {' '.join([row['part'], *named])}: {causes}")
        elif row["part"] == "plan" and (row.get("ended") != "done" and "of" in row and isinstance(row["of"], str)):
            lines.append(f"- {row['of']}: {row['ended']} ({row['took_s']} of {row['limit_s']} s)")
        elif "skipped" in row:
            lines.append(f"- {', '.join(row['skipped'])}: left out, since {row['why']}")
    return "## What failed\n\n" + "\n".join(lines) if lines else ""


def of(rows: list[dict], part: str, case: str) -> list[dict]:
    """The rows of a part about a case."""
    return [row for row in rows if row["part"] == part and row.get("case") == case]


def number(value: float | None) -> str:
    """A cell."""
    return "" if value is None else f"{value:,}"
