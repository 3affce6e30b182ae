"""Whether samples are copies of what the generator was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.baselines import Values, beside, equal
from ganzoo.zoo.metrics.fid import FID
from ganzoo.zoo.metrics.sample_set import Measured
from ganzoo.zoo.metrics.prdc import nearest


@dataclass
class Memorization:
    """`memorization`: the median distance of samples to their nearest training sample, over that of held-out data.

    1 for a generator whose samples resemble training samples as held-out data do, 0 for copies, as
    `memorization.memoriser` shows; above 1 for samples that are far from all real data, such as noise (after Meehan,
    Chaudhuri, Dasgupta 2020, arXiv:2004.05675).

    `memorization.gap` = (fid - fid.floor) - (fid.heldout - fid.heldout.floor): by how much less the Frechet distance to
    the train split exceeds its floor than that to the test split. 0 for a generator that has learned no sample by
    heart, negative for one that has; the luck of the partition into train and test is in it too.
    """

    extractor: str = "judge"
    """Whose features."""

    better: ClassVar[Mapping[str, str]] = {"memorization": "higher", "memorization.gap": "higher"}

    def __call__(self, e: Evaluation) -> Values:
        """Keys name the extractor, the split compared with, and n."""
        n, ex = equal(e), e.extractor(self.extractor)
        reference = f"{ex.key},ref={e.reference('train')}"
        train, size = e.split("train").seen(ex, e.watch), len(e.data.test.x)
        usual = e.once(
            ("distance to train", ex.key), lambda: nearest(e.real(size).seen(ex, e.watch), train).median().item()
        )

        def copied(m: Measured) -> dict[str, float]:
            distance = nearest(m.seen(ex, e.watch), train).median().item()
            return {"memorization": distance / usual if usual else float("nan")}

        return beside(e, n, f"{reference},n={n}", copied, ("floor", "memoriser")) | self._gap(e)

    def _gap(self, e: Evaluation) -> Values:
        scores = FID(extractor=self.extractor)(e)
        protocol = next(iter(scores)).partition("[")[2]
        found = {key.partition("[")[0]: value for key, value in scores.items()}
        parts = [found[name] for name in ("fid", "fid.floor", "fid.heldout", "fid.heldout.floor")]
        known = [part for part in parts if part is not None]
        gap = (known[0] - known[1]) - (known[2] - known[3]) if len(known) == len(parts) else None
        return {f"memorization.gap[{protocol}": gap}
