"""Where the defaults on digits come from: every loss at several learning rates, and what else a loss leaves open.

    python benchmarks/sweep.py                 all cases
    python benchmarks/sweep.py bce r3          those of some
    python benchmarks/sweep.py --share 0/2     every second case, so that two processes may divide the work

One seed and half of the default budget a case: enough to tell what learns from what does not, not to rank losses.
Rows go to `benchmarks/results/sweep.jsonl`; what is there is not run again (those of 2026-11-21 are of
digits' defaults of that day: a plain G, batches of 128). The table has the best case of each first.
"""

import argparse
import json
from pathlib import Path

from core import measure, named

RESULTS = Path(__file__).parent / "results" / "sweep.jsonl"
BUDGET = ("--images", "250k")
RATES = ("5e-4", "1e-3", "1.5e-3", "2e-3", "3e-3")
LOSSES = ("bce", "minimax", "lsgan", "hinge", "rpgan", "ragan", "wgangp", "r3")
CASES = {loss: [(f"dcgan+{loss}", ("-s", f"lr={lr}")) for lr in RATES] for loss in LOSSES}
CASES["wganclip"] = [
    (f"dcgan{norm}+wganclip+clip:c={c}", ("-s", f"lr={lr}"))
    for norm in ("", ":norm=none")
    for c in ("0.01", "0.03", "0.1")
    for lr in ("5e-4", "1.5e-3")
]
CASES["hinge+sn"] = [("dcgan+hinge+sn", ("-s", f"lr={lr}", "-s", f"ttur={t}")) for lr in RATES[::2] for t in (1, 2, 4)]
SHOWN = ("ratio", "held-out ratio", "modes@1", "modes@5", "kl", "core_s")


def table(rows: list[dict]) -> str:
    """Markdown, the best of each name first."""
    lines = [f"| case | {' | '.join(SHOWN)} |", "|---" * (len(SHOWN) + 1) + "|"]
    for name in CASES:
        found = [(named(row), row) for row in rows if row["case"] == name]
        for values, row in sorted(found, key=lambda pair: pair[0].get("ratio") or float("inf")):
            settings = " ".join(o for o in row["options"] if o != "-s")
            cells = [f"{values[key]:.4g}" if values.get(key) is not None else row["status"] for key in SHOWN]
            lines.append(f"| `{row['spec']}` {settings} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(CASES), help=f"of {', '.join(CASES)}")
    parser.add_argument("--share", default="0/1", help="K/N: of N shares of the cases, the K-th")
    parser.add_argument("--table", action="store_true", help="run nothing")
    arguments = parser.parse_args()
    share, shares = map(int, arguments.share.split("/"))
    rows = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []
    done = {(row["spec"], *row["options"]) for row in rows}
    cases = [(name, spec, options) for name in arguments.names for spec, options in CASES[name]]
    for name, spec, options in cases[share::shares] if not arguments.table else []:
        if (spec, *options) not in done:
            rows.append({"case": name, "options": options, **measure(spec, 0, *options, *BUDGET)})
            print(json.dumps({"spec": spec, "options": options, **named(rows[-1])}), flush=True)
            with open(RESULTS, "a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
    print(table([row for row in rows if row["case"] in arguments.names]))


if __name__ == "__main__":
    main()
