"""Metrics."""

from ganzoo.component import Component

METRICS = [
    Component(
        kind="metric",
        name="fid",
        target="ganzoo.metrics.frechet:FID",
        summary="Frechet distance of features, beside its floor and a memoriser's",
        paper="Heusel et al. 2017, arXiv:1706.08500",
    ),
    Component(
        kind="metric",
        name="modes",
        target="ganzoo.metrics.coverage:Modes",
        summary="modes found with 1 and with 5 samples, and KL to the data's own shares",
        paper="Srivastava et al. 2017 (VEEGAN), arXiv:1705.07761; Lin et al. 2018, arXiv:1712.04086",
    ),
    Component(
        kind="metric",
        name="hq",
        target="ganzoo.metrics.coverage:HighQuality",
        summary="share of points within 3 sigma of a mode",
        paper="Srivastava et al. 2017 (VEEGAN), arXiv:1705.07761",
    ),
]
