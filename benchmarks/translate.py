"""Runs the recipes of `plugins/ganzoo-translate` on emoji and on MNIST, seeds 0 to 2, and writes what came out.

    GANZOO_DATA=FOLDER python benchmarks/translate.py               every group
    GANZOO_DATA=FOLDER python benchmarks/translate.py pairs x2      some

FOLDER holds `emoji/google` and `emoji/twitter`, images of the same names in two styles, and `mnist`. Each run is a
process of its own, which loads the package as a source tree; core-seconds are its user and system time from start to
end. A line a run goes to `benchmarks/results/translate.jsonl`; runs that are there are not run again unless `--force`.
Rivals, which need no network, are scored as if a network had made their images. The table at the end has medians over
seeds beside what is to be reached.
"""

import argparse
import datetime
import json
import math
import os
import statistics
import sys
import tempfile
from pathlib import Path

import torch
from core import timed

import ganzoo
from ganzoo.interfaces.scores import from_metrics

HERE = Path(__file__).parent
RESULTS, PACKAGE = HERE / "results" / "translate.jsonl", HERE.parent / "plugins" / "ganzoo-translate"
SEEDS = (0, 1, 2)
EMOJI = "pairs:{data}/emoji/google,to={data}/emoji/twitter,size=32,channels=rgb"
L1_ALONE = (
    "unet:width=16,d_width=16,norm=none,depth=4+bce:weight=0+l1:weight=100+jitter:shift=1",
    "-s batch=16 -s lr=3e-3 -s decay=cosine --images 20k",
)
DATA = {
    "pairs": EMOJI,
    "quarter": f"fewer-{EMOJI},share=0.25",
    "half": f"fewer-{EMOJI},share=0.5",
    "unpaired": f"{EMOJI},unpaired=yes",
    "x2": "degrade:mnist,how=x2",
    "hole": "degrade:mnist,how=hole",
}
COPY, BICUBIC = "(copy)", "(bicubic)"
# group -> name -> (spec, settings)
RUNS: dict[str, dict[str, tuple[str, str]]] = {
    "pairs": {
        "pix2pix": (
            "unet:width=16,d_width=16,norm=none,depth=4+bce:weight=0.1+given+l1:weight=100+jitter:shift=1",
            "-s batch=16 -s lr=3e-3 -s decay=cosine --images 20k",
        ),
        "l1 alone, of pairs": L1_ALONE,
    },
    "quarter": {"l1 alone, a quarter": (L1_ALONE[0], f"{L1_ALONE[1]} --with {{benchmarks}}/fewer_pairs.py")},
    "half": {"l1 alone, half": (L1_ALONE[0], f"{L1_ALONE[1]} --with {{benchmarks}}/fewer_pairs.py")},
    "unpaired": {
        "cyclegan": (
            "unet:width=16,d_width=32,norm=none,depth=3,patch=2,residual=yes+lsgan+sn"
            "+cycle:weight=0.5,identity=0+jitter:shift=0",
            "-s batch=8 -s lr=1e-3 -s ttur=2 -s decay=cosine --images 40k",
        ),
        "cut": (
            "unet:width=16,d_width=64,norm=none,depth=3,patch=2,residual=yes+lsgan+sn"
            "+nce:weight=0.02,identity=0,units=64,patches=64+jitter:shift=0",
            "-s batch=16 -s lr=1e-3 -s ttur=2 -s decay=cosine --images 32k",
        ),
    },
    "x2": {
        "l1 alone, x2": (
            "rrdb:width=16,growth=8,blocks=2,d_width=16+bce:weight=0+l1:weight=100",
            "-s batch=16 -s lr=1e-3 --images 24k",
        ),
        "l1 and adversarial, x2": (
            "rrdb:width=16,growth=8,blocks=2,d_width=16+bce:weight=50+l1:weight=100",
            "-s batch=16 -s lr=1e-3 --images 24k",
        ),
    },
    "hole": {
        "inpainting": (
            "unet:width=16,d_width=16,keep=yes,norm=layer+bce:weight=0.1+l1:weight=100",
            "-s batch=16 -s lr=1e-3 --images 48k",
        ),
    },
}
RIVALS = {"pairs": COPY, "x2": BICUBIC}
# What each is to reach, beside the score of a rival: name -> (score, rival's score, factor, "<=", ">=" or "<<").
# "<<" is significantly below: the t of the differences over three seeds, one-sided, at a level of 5 %.
CRITICAL = 2.920  # Student's t with 2 degrees of freedom, the 95th percentile
TARGETS: dict[str, list[tuple[str, str, float, str]]] = {
    "pix2pix": [("mae", "mae.copy", 0.65, "<=")],
    "cyclegan": [("mae", "mae.copy", 1.0, "<<"), ("fid", "(copy)/fid", 0.5, "<=")],
    "cut": [("mae", "mae.copy", 1.0, "<<"), ("fid", "(copy)/fid", 0.5, "<=")],
    "l1 alone, x2": [("psnr", "psnr.bicubic", 1.0, ">=")],
    "l1 and adversarial, x2": [("fid", "l1 alone, x2/fid", 1.0, "<=")],
    "inpainting": [("mae", "mae.meanfill", 0.5, "<=")],
}
SHOWN = ("core_s", "mae", "mae.copy", "psnr", "psnr.bicubic", "ssim", "fid", "mae.meanfill")


def located(text: str) -> str:
    """With the folders of data and of this file."""
    return text.format(data=os.environ["GANZOO_DATA"], benchmarks=HERE)


def source_tree(folder: Path) -> None:
    """Let processes find the package as if it were installed."""
    info = folder / "ganzoo_translate-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ganzoo-translate\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[ganzoo]\ntranslate = ganzoo_translate.plugin\n")
    paths = [str(HERE.parent), str(PACKAGE), str(folder)]
    os.environ["PYTHONPATH"] = os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")])
    sys.path[:0] = paths


def described(group: str, name: str, seed: int) -> dict:
    """What every row says."""
    row = {"group": group, "name": name, "seed": seed, "date": datetime.date.today().isoformat()}
    return row | {"ganzoo": ganzoo.__version__, "ganzoo_translate": "0.1.0", "torch": str(torch.__version__)}


def measure(group: str, name: str, seed: int) -> dict:
    """One run in a process of its own, timed whole."""
    spec, settings = RUNS[group][name]
    command = ["run", f"{spec}@{DATA[group]}", "--seed", str(seed), *settings.split()]
    with tempfile.TemporaryDirectory() as folder:
        arguments = [located(text) for text in command]
        status, core_s = timed([*arguments, "--device", "cpu", "--out", f"{folder}/run", "--quiet"])
        result = json.loads((Path(folder) / "run" / "result.json").read_text())
    row = described(group, name, seed) | {"status": result["status"], "exit": status, "core_s": round(core_s, 1)}
    row |= {"images": result["budget"]["images"], "commit": result["env"]["git"], "recipe_id": result["recipe_id"]}
    return (
        row
        | {"command": "ganzoo " + " ".join(c.format(data="$GANZOO_DATA", benchmarks="benchmarks") for c in command)}
        | {"metrics": result["metrics"]}
    )


def rival(group: str, seed: int) -> dict:
    """What was given, unchanged or enlarged, scored as if a network had made it."""
    from ganzoo_translate.damage import bicubic

    from ganzoo.evaluation.evaluate import apply_metrics, extractor, metric
    from ganzoo.interfaces.scores import to_metrics

    data = ganzoo.dataset(located(DATA[group]))
    order = torch.randperm(len(data.test.x), generator=torch.Generator().manual_seed(seed))
    rows = order.repeat(-(-data.n_eval // len(order)))[: data.n_eval]
    given, answer = data.test.given[rows], data.test.x[rows]
    samples = given if given.shape == answer.shape else bicubic(given, answer.shape[2:])
    e = ganzoo.Evaluation(data, samples, given=given, answer=answer, find_extractor=extractor)
    scores = apply_metrics(e, [metric("answer"), metric("fid")])
    return described(group, RIVALS[group], seed) | {"status": "ok", "core_s": 0.0, "metrics": to_metrics(scores)}


def named(row: dict) -> dict[str, float | None]:
    """Its numbers by bare names."""
    return {score.name: score.value for score in from_metrics(row["metrics"])} | {"core_s": row["core_s"]}


def medians(rows: list[dict]) -> dict[str, dict[str, float]]:
    """For each run, the median over seeds of each score."""
    found: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(row["name"] for row in rows):
        seeds = [named(row) for row in rows if row["name"] == name]
        values = {score: [v[score] for v in seeds if v.get(score) is not None] for score in seeds[0]}
        found[name] = {score: statistics.median(each) for score, each in values.items() if each}
    return found


def table(rows: list[dict]) -> str:
    """Markdown: medians over seeds, every seed's value behind, and whether targets are met."""
    lines = [f"| run | {' | '.join(SHOWN)} | to be reached |", "|---" * (len(SHOWN) + 2) + "|"]
    known = medians(rows)
    for name in known:
        seeds = [named(row) for row in rows if row["name"] == name]
        cells = [_cell(score, known[name], seeds) for score in SHOWN]
        lines.append(f"| {name} | {' | '.join(cells)} | {', '.join(_targets(name, known, seeds))} |")
    return "\n".join(lines)


def _cell(name: str, middle: dict, seeds: list[dict]) -> str:
    if name not in middle:
        return ""
    return f"{middle[name]:.4g} ({', '.join('-' if s.get(name) is None else f'{s[name]:.4g}' for s in seeds)})"


def student(values: list[float]) -> float:
    """The mean of values over its standard error; infinite where all are alike."""
    mean, error = statistics.mean(values), statistics.stdev(values) / len(values) ** 0.5
    return mean / error if error else math.copysign(math.inf, mean)


def _below(name: str, bounds: str, factor: float, seeds: list[dict]) -> tuple[bool, str]:
    """Whether a score is significantly below a bound of the same rows, and t."""
    if len(seeds) != 3:
        return False, f"t needs 3 seeds, not {len(seeds)}"
    t = student([seed[name] - factor * seed[bounds] for seed in seeds])
    return t < -CRITICAL, f"t = {t:.1f}"


def _targets(name: str, known: dict[str, dict[str, float]], seeds: list[dict]) -> list[str]:
    """Such as "mae <= 0.65 mae.copy: yes"; a rival's own score is written (copy)/fid."""
    said = []
    for score, other, factor, way in TARGETS.get(name, []):
        run, _, of_run = other.rpartition("/")
        value, bound = known[name].get(score), known.get(run or name, {}).get(of_run)
        if value is None or bound is None:
            said.append(f"{score} {way} {factor:g} {other}: not measured")
        else:
            detail = f"{value / bound:.3f}"
            reached = value <= factor * bound if way == "<=" else value >= factor * bound
            if way == "<<":
                reached, t = _below(score, of_run, factor, seeds)
                detail += f", {t}"
            said.append(f"{score} {way} {factor:g} {other}: {'yes' if reached else 'NO'} ({detail})")
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", default=list(RUNS), help=f"of {', '.join(RUNS)}")
    parser.add_argument("--only", nargs="*", help="the names of some runs")
    parser.add_argument("--force", action="store_true", help="run again what is there")
    parser.add_argument("--table", action="store_true", help="run nothing")
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS, help="so that two processes may share the work")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []
    chosen = [
        (group, name, seed)
        for seed in arguments.seeds
        for group in arguments.groups
        for name in [*([RIVALS[group]] if group in RIVALS else []), *RUNS[group]]
        if not arguments.only or name in arguments.only
    ]
    if arguments.force:
        rows = [row for row in rows if (row["group"], row["name"], row["seed"]) not in chosen]
        RESULTS.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = {(row["group"], row["name"], row["seed"]) for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        source_tree(Path(folder))
        for group, name, seed in [] if arguments.table else [key for key in chosen if key not in done]:
            is_rival = name == RIVALS.get(group)
            rows.append(rival(group, seed) if is_rival else measure(group, name, seed))
            print(json.dumps({"name": name, "seed": seed, **named(rows[-1])}), flush=True)
            with open(RESULTS, "a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
