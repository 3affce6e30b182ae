"""Invented records for tests of the board. They look like those of runs."""

import hashlib
import json
import random

import msgspec
from click.testing import CliRunner

from ganzoo.cli import main
from ganzoo.interfaces.scores import from_metrics
from ganzoo.leaderboard.board import BoardOptions, build_board
from ganzoo.runs.records import Best, Budget, CurvePoint, DatasetRecord, Env, PartRecord, Result

JUDGE = "digits-judge-v1@7c6c7359"
FID = f"fid[{JUDGE},ref=digits/train:1297,n=500]"
KL = "kl[n=2500]"
ENV = Env(
    python="3.11.2",
    torch="2.15.0",
    ganzoo_core="0.1.0",
    device="cpu (a processor, AVX2)",
    threads=1,
    layout="contiguous",
    precision="fp32",
)


def image_metrics(fid, modes=10, kl=0.01, key=FID):
    """Like those of digits."""
    counts = f"{JUDGE},n=1500"
    scores = {key: fid, key.replace("fid", "fid.sd", 1): 0.5, key.replace("fid", "fid.floor", 1): 2.7}
    scores |= {f"modes@1[{counts}]": modes, f"modes@5[{counts}]": modes, f"kl[{counts}]": kl}
    for baseline in ("floor", "memoriser"):
        scores |= {f"modes@{n}.{baseline}[{counts}]": 10 for n in (1, 5)} | {f"kl.{baseline}[{counts}]": 0.003}
    return scores


def point_metrics(kl, modes=8):
    """Like those of ring8."""
    scores = {"modes@1[n=2500]": modes, "modes@5[n=2500]": modes, KL: kl, "hq@3sigma[n=2500]": 0.9}
    return scores | {"modes@1.floor[n=2500]": 8, "modes@5.floor[n=2500]": 8, "kl.floor[n=2500]": 0.0014}


def record(spec="dcgan+bce", seed=0, fid=10.0, data="digits", images=100_000, **more):
    """A record without contradictions; `more`: `modes`, `kl`, `key`, `steps`, `core_s`, `curve`, fields of `Result`."""
    scores = {name: more.pop(name) for name in ("modes", "kl", "key") if name in more}
    steps, core_s = more.pop("steps", images // 128), more.pop("core_s", 100.0)
    settings = {"images": images, "batch": 128, "lr": 2e-4, "betas": [0.0, 0.9], "ema": 5000.0} | more.pop(
        "settings", {}
    )
    last = image_metrics(fid, **scores) if data == "digits" else point_metrics(fid, **scores)
    share = more.pop("curve", [8, 4, 2.5, 2, 1.7, 1.4, 1.2, 1.1, 1.05])
    curve = [CurvePoint(images * (i + 1) // (len(share) + 1), _scaled(last, x)) for i, x in enumerate(share)]
    curve.append(CurvePoint(images, last))
    id_ = hashlib.sha256(json.dumps([spec, data, settings | {"images": 0}]).encode()).hexdigest()[:12]
    best = {
        score.key: Best(score.value, images, "higher" if score.name[0] in "mh" else "lower")
        for score in from_metrics(last)
        if "." not in score.name and score.value is not None
    }
    names = spec.split("+")
    kinds = ["architecture", "loss", *["regularizer"] * (len(names) - 2)]
    fields = {
        "run_id": f"{id_}-s{seed}",
        "created": f"2026-11-21T10:{seed % 60:02}:00+00:00",
        "spec": f"{spec}@{data}",
        "recipe_id": id_,
        "components": [
            PartRecord(kind=kind, name=name.partition(":")[0], version=1, params={"weight": 1.0})
            for kind, name in zip(kinds, names, strict=True)
        ],
        "settings": settings,
        "parameters": {"g": 40_000, "d": 43_554},
        "dataset": DatasetRecord(
            name=data, revision="b950c0624d92", n_train=1297, primary="fid" if data == "digits" else "kl"
        ),
        "budget": Budget(images=images, d_moves=steps, g_moves=steps, wall_s=core_s * 1.1, core_s=core_s),
        "seed": seed,
        "status": "ok",
        "metrics": last,
        "best": best,
        "curve": curve,
        "env": ENV,
    }
    return Result(**fields | more)


def _scaled(values, factor):
    return {key: v * factor if v is not None and key.startswith(("fid[", "kl[")) else v for key, v in values.items()}


def failed(spec="dcgan+bce", seed=0, status="diverged", **more):
    """A record of a run without metrics."""
    return record(spec, seed, status=status, message="d/bce not finite", metrics={}, best={}, curve=[], **more)


def seeds(spec, *fids, **more):
    """One record for each seed."""
    return [record(spec, seed, fid, **more) for seed, fid in enumerate(fids)]


def run_board(*args):
    """The command, in this process."""
    done = CliRunner().invoke(main, ["board", *map(str, args)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def lines(records):
    return b"".join(msgspec.json.encode(r) + b"\n" for r in records)


def write_records(path, *records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lines(records))
    return path


def board_of(tmp_path, *records, **options):
    """The board of these records."""
    return build_board([write_records(tmp_path / "r.jsonl", *records)], BoardOptions(**options))


def only_table(board):
    (table,) = board.tables
    return table


def many(n, n_seeds=3, seed=0):
    """n records of combinations that differ in spec and settings, on digits and ring8; some have failed."""
    chance = random.Random(seed)
    losses = ("bce", "hinge", "lsgan", "wgan", "rpgan", "ragan", "minimax", "softplus", "began")
    terms = ("", "+r1", "+r2", "+sn", "+gp", "+dragan", "+r1+r2", "+sn+gp", "+stddev", "+diffaug")
    for i in range(-(-n // n_seeds)):
        spec = f"{('dcgan', 'mlp')[i % 2]}+{losses[i // 2 % 9]}{terms[i // 18 % 10]}"
        data, settings = ("digits", "ring8")[i // 180 % 2], {"lr": round(1e-4 * (1 + i // 360), 9)}
        quality = chance.lognormvariate(2.5 if data == "digits" else -4, 0.8)
        for s in range(n_seeds):
            if i * n_seeds + s >= n:
                return
            if chance.random() < 0.03:
                yield failed(spec, s, data=data, settings=settings)
            else:
                yield record(
                    spec,
                    s,
                    quality * chance.lognormvariate(0, 0.08),
                    data,
                    settings=settings,
                    core_s=chance.uniform(20, 400),
                )
