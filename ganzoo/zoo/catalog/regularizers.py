"""Regularizers."""

from functools import partial

from ganzoo.interfaces.component import Component

regularizer = partial(Component, kind="regularizer")

IMAGE = frozenset({"image"})

REGULARIZERS = [
    regularizer(
        name="gp",
        target="ganzoo.zoo.regularizers.gradient:GradientPenalty",
        summary="gradient penalty between reals and fakes: pulls D's gradient norm to `center`",
        paper="Gulrajani et al. 2017, arXiv:1704.00028",
    ),
    regularizer(
        name="r1",
        target="ganzoo.zoo.regularizers.gradient:R1",
        summary="penalty on D's squared gradient norm at the reals",
        paper="Mescheder, Geiger, Nowozin 2018, arXiv:1801.04406",
    ),
    regularizer(
        name="r2",
        target="ganzoo.zoo.regularizers.gradient:R2",
        summary="penalty on D's squared gradient norm at the fakes",
        paper="Mescheder, Geiger, Nowozin 2018, arXiv:1801.04406",
    ),
    regularizer(
        name="sn",
        target="ganzoo.zoo.regularizers.spectral:SpectralNorm",
        summary="spectral normalisation of D's layers",
        paper="Miyato et al. 2018, arXiv:1802.05957",
        defaults={"ttur": 4.0},
    ),
    regularizer(
        name="gradclip",
        target="ganzoo.zoo.regularizers.clip:GradientClip",
        summary="clips the norm of each player's gradient",
        paper="Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063",
    ),
    regularizer(
        name="dragan",
        target="ganzoo.zoo.regularizers.gradient:DRAGAN",
        summary="gradient penalty around the reals: pulls D's gradient norm to `center`",
        paper="Kodali, Abernethy, Hays, Kira 2017, arXiv:1705.07215",
    ),
    regularizer(
        name="clip",
        target="ganzoo.zoo.regularizers.clip:WeightClip",
        summary="clips D's weights to [-c, c] after each of its moves",
        paper="Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875",
    ),
    regularizer(
        name="stddev",
        target="ganzoo.zoo.regularizers.minibatch:StdDev",
        summary="minibatch standard deviation as an additional feature of D",
        paper="Karras, Aila, Laine, Lehtinen 2018, arXiv:1710.10196",
    ),
    regularizer(
        name="mbdisc",
        target="ganzoo.zoo.regularizers.minibatch:MinibatchDiscrimination",
        summary="minibatch discrimination: D sees how similar the samples of a batch are",
        paper="Salimans et al. 2016, arXiv:1606.03498",
    ),
    regularizer(
        name="pack",
        target="ganzoo.zoo.regularizers.pack:Pack",
        summary="PacGAN: D judges m samples at once",
        paper="Lin, Khetan, Fanti, Oh 2018, arXiv:1712.04086",
    ),
    regularizer(
        name="noise",
        target="ganzoo.zoo.regularizers.noise:InstanceNoise",
        summary="instance noise on all that D sees, fading to 0",
        paper="Sønderby et al. 2017, arXiv:1610.04490; Arjovsky, Bottou 2017, arXiv:1701.04862",
    ),
    regularizer(
        name="diffaug",
        target="ganzoo.zoo.regularizers.augment:DiffAugment",
        summary="differentiable augmentation of all that D sees, for small data sets",
        paper="Zhao, Liu, Lin, Zhu, Han 2020, arXiv:2006.10738",
        data=IMAGE,
    ),
    regularizer(
        name="ada",
        target="ganzoo.zoo.regularizers.augment:ADA",
        summary="adaptive augmentation of all that D sees: the more, the more D overfits",
        paper="Karras et al. 2020, arXiv:2006.06676",
        data=IMAGE,
    ),
    regularizer(
        name="lecam",
        target="ganzoo.zoo.regularizers.score_penalties:LeCam",
        summary="pulls D's scores to the other kind's moving average, for small data sets",
        paper="Tseng et al. 2021, arXiv:2104.03310",
    ),
    regularizer(
        name="drift",
        target="ganzoo.zoo.regularizers.score_penalties:Drift",
        summary="keeps D's scores of reals near 0",
        paper="Karras, Aila, Laine, Lehtinen 2018, arXiv:1710.10196",
    ),
    regularizer(
        name="modeseek",
        target="ganzoo.zoo.regularizers.modeseek:ModeSeeking",
        summary="mode seeking (MSGAN): different z must give different samples",
        paper="Mao et al. 2019, arXiv:1903.05628",
    ),
    regularizer(
        name="featmatch",
        target="ganzoo.zoo.regularizers.featmatch:FeatureMatching",
        summary="feature matching: G matches the mean of D's features",
        paper="Salimans et al. 2016, arXiv:1606.03498",
    ),
    regularizer(
        name="cr",
        target="ganzoo.zoo.regularizers.consistency:Consistency",
        summary="consistency: small changes of a real must not change D's score",
        paper="Zhang, Zhang, Odena, Lee 2020, arXiv:1910.12027",
    ),
    regularizer(
        name="bcr",
        target="ganzoo.zoo.regularizers.consistency:BalancedConsistency",
        summary="balanced consistency: small changes of any sample must not change D's score",
        paper="Zhao et al. 2020, arXiv:2002.04724",
    ),
    regularizer(
        name="zcr",
        target="ganzoo.zoo.regularizers.consistency:LatentConsistency",
        summary="latent consistency: small changes of z change the sample, but not D's score",
        paper="Zhao et al. 2020, arXiv:2002.04724",
    ),
    regularizer(
        name="topk",
        target="ganzoo.zoo.regularizers.topk:TopK",
        summary="top-k training: G learns only from the fakes that D scores highest",
        paper="Sinha et al. 2020, arXiv:2002.06224",
    ),
    regularizer(
        name="ortho",
        target="ganzoo.zoo.regularizers.ortho:Orthogonal",
        summary="orthogonal regularization of G's weights",
        paper="Brock, Donahue, Simonyan 2019, arXiv:1809.11096",
    ),
    regularizer(
        name="cgan",
        target="ganzoo.zoo.regularizers.conditional:ConditionalGAN",
        summary="labels appended to z in G, and to the sample in D",
        paper="Mirza, Osindero 2014, arXiv:1411.1784",
    ),
    regularizer(
        name="projection",
        target="ganzoo.zoo.regularizers.conditional:Projection",
        summary="labels appended to z in G; D's score adds a product of label and features",
        paper="Miyato, Koyama 2018, arXiv:1802.05637",
    ),
    regularizer(
        name="acgan",
        target="ganzoo.zoo.regularizers.conditional:AuxiliaryClassifier",
        summary="auxiliary classifier: labels appended to z in G and predicted by D",
        paper="Odena, Olah, Shlens 2017, arXiv:1610.09585",
    ),
    regularizer(
        name="cbn",
        target="ganzoo.zoo.regularizers.conditional:ConditionalBatchNorm",
        summary="conditional batch norm of G; combine it with projection, acgan or cgan",
        paper="Dumoulin et al. 2017, arXiv:1610.07629; de Vries et al. 2017, arXiv:1707.00683",
    ),
]
