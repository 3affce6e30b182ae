"""Conditional games: regularizers that give labels to the players."""

from ganzoo.interfaces.component import Component

CONDITIONAL = [
    Component(
        kind="regularizer",
        name="cgan",
        target="ganzoo.zoo.regularizers.conditional:ConditionalGAN",
        summary="labels behind z in G, and behind the sample in D",
        paper="Mirza, Osindero 2014, arXiv:1411.1784",
    ),
    Component(
        kind="regularizer",
        name="projection",
        target="ganzoo.zoo.regularizers.conditional:Projection",
        summary="labels behind z in G; D's score gets a product of label and features",
        paper="Miyato, Koyama 2018, arXiv:1802.05637",
    ),
    Component(
        kind="regularizer",
        name="acgan",
        target="ganzoo.zoo.regularizers.conditional:AuxiliaryClassifier",
        summary="labels behind z in G; D guesses the label",
        paper="Odena, Olah, Shlens 2017, arXiv:1610.09585",
    ),
    Component(
        kind="regularizer",
        name="cbn",
        target="ganzoo.zoo.regularizers.conditional:ConditionalBatchNorm",
        summary="labels in G's normalisation; beside projection, acgan or cgan",
        paper="Dumoulin et al. 2017, arXiv:1610.07629; de Vries et al. 2017, arXiv:1707.00683",
    ),
]
