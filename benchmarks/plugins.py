"""What many plugins cost: 50 are installed, 10 of them broken, in a folder that is thrown away afterwards.

    python benchmarks/plugins.py [RUNS]

CPU seconds of `ganzoo --help`, of `ganzoo list` (the first call looks at each plugin in a process of its own, those
after it do not) and of `ganzoo show mlp+bce@ring8`, which names built-in parts only: the median of RUNS, interleaved
with the same without plugins. To be reached: `--help` at most 1.5 times, `list` at most 0.5 s, `show` unchanged.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOUND = 40
CODE = """
from ganzoo import Component, hookimpl

@hookimpl
def ganzoo_components():
    return [Component(kind="loss", name="loss{number}", target="ganzoo_p{number}.loss:Loss", summary="one of many")]
"""
BROKEN = [
    "raise RuntimeError('no licence')",
    "import no_such_module",
    "def broken(:",
    "raise SystemExit(3)",
    "x = 1",
    "while True: pass",
    "import os; os._exit(0)",
    "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_components(): return 5",
    "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_components(): raise KeyError",
    "from ganzoo import Component\nComponent(kind='loss', name='A')",
]
COMMANDS = {"--help": ["--help"], "list": ["list"], "show": ["show", "mlp+bce@ring8"]}


def install(site: Path) -> None:
    """Lay 50 distributions out as an installer would."""
    codes = [CODE.format(number=number) for number in range(SOUND)] + BROKEN
    for number, code in enumerate(codes):
        package, info = site / f"ganzoo_p{number}", site / f"ganzoo_p{number}-1.0.dist-info"
        package.mkdir()
        info.mkdir()
        (package / "__init__.py").write_text("")
        (package / "plugin.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ganzoo-p{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[ganzoo]\np{number} = ganzoo_p{number}.plugin\n")


def measure(arguments: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """CPU seconds and seconds on the wall of one call."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "ganzoo", *arguments], env=environ, capture_output=True, check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "site")
        site.mkdir()
        install(site)
        none = os.environ | {"XDG_CACHE_HOME": folder, "XDG_CONFIG_HOME": folder}
        many = none | {"PYTHONPATH": str(site)}
        print(f"ganzoo list, first call with 50 plugins: {measure(['list'], many)[1]:.1f} s on the wall")
        for name, arguments in COMMANDS.items():
            pairs = [(measure(arguments, many), measure(arguments, none)) for _ in range(runs + 1)][1:]
            (cpu, wall), (bare, _) = (
                [statistics.median(x) for x in zip(*one, strict=True)] for one in zip(*pairs, strict=True)
            )
            print(
                f"ganzoo {name}: {cpu:.3f} s ({wall:.3f} s on the wall), without {bare:.3f} s, ratio {cpu / bare:.2f}"
            )


if __name__ == "__main__":
    main()
