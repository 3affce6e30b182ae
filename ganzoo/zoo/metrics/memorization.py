"""Whether samples are copies of what the generator was trained on."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo.interfaces.scores import Score, value_of
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import common_n, with_baselines
from ganzoo.zoo.metrics.fid import FID
from ganzoo.zoo.metrics.prdc import nearest_distance


@dataclass
class Memorization:
    """`memorization`: the median distance of samples to their nearest training sample, over that of held-out data.

    1 for a generator whose samples resemble training samples as held-out data does, 0 for copies, as
    `memorization.memoriser` shows; above 1 for samples that are far from all real data, such as noise (after Meehan,
    Chaudhuri, Dasgupta 2020, arXiv:2004.05675).

    `memorization.gap` = (fid - fid.floor) - (fid.heldout - fid.heldout.floor): by how much less the Frechet distance to
    the train split exceeds its floor than that to the test split. 0 for a generator that has memorised no sample,
    negative for one that has; chance in the partition into train and test adds to it.
    """

    extractor: str = "judge"
    """Whose features."""

    better = {"memorization": "higher", "memorization.gap": "higher"}
    scale = {"memorization": "plain", "memorization.gap": "plain"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names the extractor, the reference, and n."""
        n, extractor = common_n(e), e.extractor(self.extractor)
        train = e.whole_split("train").features_of(extractor, e.progress)

        def median(samples: SampleSet) -> float:
            return nearest_distance(samples.features_of(extractor, e.progress), train).median().item()

        usual = e.cached(("distance to train", extractor.key), lambda: median(e.held_out(len(e.data.test.x))))

        def measure(samples: SampleSet) -> dict[str, float]:
            return {"memorization": median(samples) / usual if usual else float("nan")}

        protocol = f"{extractor.key},ref={e.reference('train')},n={n}"
        return [*with_baselines(e, n, protocol, measure, ("floor", "memoriser")), self._gap(e)]

    def _gap(self, e: Evaluation) -> Score:
        scores = FID(extractor=self.extractor)(e)
        values = [value_of(scores, name) for name in ("fid", "fid.floor", "fid.heldout", "fid.heldout.floor")]
        known = [value for value in values if value is not None]
        gap = (known[0] - known[1]) - (known[2] - known[3]) if len(known) == len(values) else None
        return Score("memorization.gap", scores[0].protocol, gap)
