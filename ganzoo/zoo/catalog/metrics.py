"""Metrics, and the extractors whose features they compare."""

from ganzoo.interfaces.component import Component

METRICS = [
    Component(
        kind="metric",
        name="fid",
        target="ganzoo.zoo.metrics.fid:FID",
        summary="Frechet distance of features, beside its floor and a memoriser's",
        paper="Heusel et al. 2017, arXiv:1706.08500",
    ),
    Component(
        kind="metric",
        name="modes",
        target="ganzoo.zoo.metrics.modes:Modes",
        summary="modes found with 1 and with 5 samples, and KL to the data's own shares",
        paper="Srivastava et al. 2017 (VEEGAN), arXiv:1705.07761; Lin et al. 2018, arXiv:1712.04086",
    ),
    Component(
        kind="metric",
        name="hq",
        target="ganzoo.zoo.metrics.high_quality:HighQuality",
        summary="share of samples as good as real ones: within 3 sigma, or by the judge",
        paper="Srivastava et al. 2017 (VEEGAN), arXiv:1705.07761",
    ),
    Component(
        kind="metric",
        name="kid",
        target="ganzoo.zoo.metrics.kid:KID",
        summary="kernel distance of features, without bias",
        paper="Binkowski et al. 2018, arXiv:1801.01401",
    ),
    Component(
        kind="metric",
        name="prdc",
        target="ganzoo.zoo.metrics.prdc:PRDC",
        summary="precision, recall, density and coverage among nearest neighbours",
        paper="Kynkaanniemi et al. 2019, arXiv:1904.06991; Naeem et al. 2020, arXiv:2002.09797",
    ),
    Component(
        kind="metric",
        name="is",
        target="ganzoo.zoo.metrics.inception_score:InceptionScore",
        summary="Inception score, of the judge or of Inception",
        paper="Salimans et al. 2016, arXiv:1606.03498",
    ),
    Component(
        kind="metric",
        name="swd",
        target="ganzoo.zoo.metrics.swd:SWD",
        summary="sliced Wasserstein distance of patches, or of points",
        paper="Karras et al. 2018, arXiv:1710.10196",
    ),
    Component(
        kind="metric",
        name="ms-ssim",
        target="ganzoo.zoo.metrics.ms_ssim:Similarity",
        summary="how alike samples of a class are; 32 pixels and up",
        paper="Odena, Olah, Shlens 2017, arXiv:1610.09585",
    ),
    Component(
        kind="metric",
        name="vendi",
        target="ganzoo.zoo.metrics.vendi:Vendi",
        summary="samples that differ in effect, over those of real data",
        paper="Friedman, Dieng 2023, arXiv:2210.02410",
    ),
    Component(
        kind="metric",
        name="ndb",
        target="ganzoo.zoo.metrics.ndb:NDB",
        summary="share of statistically different bins of pixel space",
        paper="Richardson, Weiss 2018, arXiv:1805.12462",
    ),
    Component(
        kind="metric",
        name="memorization",
        target="ganzoo.zoo.metrics.memorization:Memorization",
        summary="whether samples are copies of training samples",
        paper="after Meehan, Chaudhuri, Dasgupta 2020, arXiv:2004.05675",
    ),
    Component(
        kind="metric",
        name="smoothness",
        target="ganzoo.zoo.metrics.smoothness:Smoothness",
        summary="how far features move along walks in latent space; needs a run",
        paper="Karras et al. 2019, arXiv:1812.04948",
    ),
    Component(
        kind="metric",
        name="cas",
        target="ganzoo.zoo.metrics.classification:CAS",
        summary="accuracy on real samples of a classifier trained on generated ones",
        paper="Ravuri, Vinyals 2019, arXiv:1905.10887",
    ),
    Component(
        kind="metric",
        name="augmentation",
        target="ganzoo.zoo.metrics.classification:Augmentation",
        summary="what generated samples add to k real ones of each class",
        paper="after Antoniou, Storkey, Edwards 2017, arXiv:1711.04340",
    ),
    Component(
        kind="metric",
        name="distribution",
        target="ganzoo.zoo.metrics.distribution:Distribution",
        summary="features, levels and scores of samples and real data as a picture",
        paper="Pearson 1901, doi:10.1080/14786440109462720",
    ),
]

EXTRACTORS = [
    Component(
        kind="extractor",
        name="judge",
        target="ganzoo.zoo.extractors.offline:OwnExtractor",
        summary="the data set's own extractor: its judge, or random convolutions",
    ),
    Component(
        kind="extractor",
        name="randconv",
        target="ganzoo.zoo.extractors.offline:RandomConvolutions",
        summary="convolutions with fixed random weights, which know no labels",
    ),
    Component(
        kind="extractor",
        name="pixels",
        target="ganzoo.zoo.extractors.offline:Pixels",
        summary="principal components of the train split's pixels",
        paper="Pearson 1901, doi:10.1080/14786440109462720",
    ),
    Component(
        kind="extractor",
        name="inception",
        target="ganzoo.zoo.extractors.inception:Inception",
        summary="Inception-v3 with the weights of 2015, with which published FIDs are measured",
        paper="Szegedy et al. 2016, arXiv:1512.00567",
    ),
]
