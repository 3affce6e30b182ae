"""Metrics, and the extractors whose features they compare."""

from functools import partial

from ganzoo.interfaces.component import Component

metric = partial(Component, kind="metric")
extractor = partial(Component, kind="extractor")

METRICS = [
    metric(
        name="fid",
        target="ganzoo.zoo.metrics.fid:FID",
        summary="Frechet distance of features, with floor and memoriser as baselines",
        paper="Heusel et al. 2017, arXiv:1706.08500",
    ),
    metric(
        name="modes",
        target="ganzoo.zoo.metrics.modes:Modes",
        summary="modes with at least 1 and 5 samples, and KL of their shares to the data's",
        paper="Srivastava et al. 2017 (VEEGAN), arXiv:1705.07761; Lin et al. 2018, arXiv:1712.04086",
    ),
    metric(
        name="hq",
        target="ganzoo.zoo.metrics.high_quality:HighQuality",
        summary="share of high-quality samples: within 3 sigma, or recognised by the judge",
        paper="Srivastava et al. 2017 (VEEGAN), arXiv:1705.07761",
    ),
    metric(
        name="kid",
        target="ganzoo.zoo.metrics.kid:KID",
        summary="kernel distance of features, an unbiased estimate",
        paper="Binkowski et al. 2018, arXiv:1801.01401",
    ),
    metric(
        name="prdc",
        target="ganzoo.zoo.metrics.prdc:PRDC",
        summary="precision, recall, density and coverage among nearest neighbours",
        paper="Kynkaanniemi et al. 2019, arXiv:1904.06991; Naeem et al. 2020, arXiv:2002.09797",
    ),
    metric(
        name="is",
        target="ganzoo.zoo.metrics.inception_score:InceptionScore",
        summary="Inception score, by the judge or by Inception",
        paper="Salimans et al. 2016, arXiv:1606.03498",
    ),
    metric(
        name="swd",
        target="ganzoo.zoo.metrics.swd:SWD",
        summary="sliced Wasserstein distance of patches, or of points",
        paper="Karras et al. 2018, arXiv:1710.10196",
    ),
    metric(
        name="ms-ssim",
        target="ganzoo.zoo.metrics.ms_ssim:Similarity",
        summary="similarity of samples of the same class; for images of 32x32 and larger",
        paper="Odena, Olah, Shlens 2017, arXiv:1610.09585",
    ),
    metric(
        name="vendi",
        target="ganzoo.zoo.metrics.vendi:Vendi",
        summary="effective number of different samples, relative to real data",
        paper="Friedman, Dieng 2023, arXiv:2210.02410",
    ),
    metric(
        name="ndb",
        target="ganzoo.zoo.metrics.ndb:NDB",
        summary="share of bins of pixel space with statistically different frequencies",
        paper="Richardson, Weiss 2018, arXiv:1805.12462",
    ),
    metric(
        name="memorization",
        target="ganzoo.zoo.metrics.memorization:Memorization",
        summary="whether samples are copies of training samples",
        paper="after Meehan, Chaudhuri, Dasgupta 2020, arXiv:2004.05675",
    ),
    metric(
        name="smoothness",
        target="ganzoo.zoo.metrics.smoothness:Smoothness",
        summary="how far features move along paths in latent space; needs a run",
        paper="Karras et al. 2019, arXiv:1812.04948",
    ),
    metric(
        name="cas",
        target="ganzoo.zoo.metrics.classification:CAS",
        summary="accuracy on real samples of a classifier trained on generated ones",
        paper="Ravuri, Vinyals 2019, arXiv:1905.10887",
    ),
    metric(
        name="augmentation",
        target="ganzoo.zoo.metrics.classification:Augmentation",
        summary="gain of a classifier from generated samples added to k real ones per class",
        paper="after Antoniou, Storkey, Edwards 2017, arXiv:1711.04340",
    ),
    metric(
        name="distribution",
        target="ganzoo.zoo.metrics.distribution:Distribution",
        summary="pictures of the distributions of features, levels and scores",
        paper="Pearson 1901, doi:10.1080/14786440109462720",
    ),
]

EXTRACTORS = [
    extractor(
        name="judge",
        target="ganzoo.zoo.extractors.offline:OwnExtractor",
        summary="the data set's own extractor: its judge, or random convolutions",
    ),
    extractor(
        name="randconv",
        target="ganzoo.zoo.extractors.offline:RandomConvolutions",
        summary="convolutions with fixed random weights, which know no labels",
    ),
    extractor(
        name="pixels",
        target="ganzoo.zoo.extractors.offline:Pixels",
        summary="principal components of the train split's pixels",
        paper="Pearson 1901, doi:10.1080/14786440109462720",
    ),
    extractor(
        name="inception",
        target="ganzoo.zoo.extractors.inception:Inception",
        summary="Inception-v3 with the weights of 2015, with which published FIDs are measured",
        paper="Szegedy et al. 2016, arXiv:1512.00567",
    ),
]
