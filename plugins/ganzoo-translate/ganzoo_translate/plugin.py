"""Registers the parts of this package. `ganzoo list` imports this module, so it must not import torch."""

import ganzoo

PIX2PIX = "Isola, Zhu, Zhou, Efros 2017, arXiv:1611.07004"
CYCLEGAN = "Zhu, Park, Isola, Efros 2017, arXiv:1703.10593"
CUT = "Park, Efros, Zhang, Zhu 2020, arXiv:2007.15651"
SRGAN = "Ledig et al. 2017, arXiv:1609.04802"
ESRGAN = "Wang et al. 2018, arXiv:1809.00219"
ENCODERS = "Pathak et al. 2016, arXiv:1604.07379"


@ganzoo.hookimpl
def ganzoo_components():
    return [*networks(), *terms(), *bundles(), *data()]


def networks():
    """The architectures, each with a D of patches."""

    def network(name, target, summary, paper):
        return ganzoo.Component(
            kind="architecture",
            name=name,
            target=f"ganzoo_translate.{target}",
            summary=summary,
            paper=paper,
            data={"image"},
            defaults={"betas": (0.5, 0.999)},
        )

    return [
        network("unet", "unet:UNet", "images of images by a U-Net, and a D of patches", PIX2PIX),
        network(
            "resnet-translator",
            "resnet:ResNetTranslator",
            "images of images by residual blocks at a quarter of the size, and a D of patches",
            f"{CYCLEGAN}; Johnson, Alahi, Fei-Fei 2016, arXiv:1603.08155",
        ),
        network("rrdb", "rrdb:RRDB", "larger images of images by dense residual blocks, and a D of patches", ESRGAN),
    ]


def terms():
    """The regularizers."""

    def term(name, target, summary, paper, **more):
        return ganzoo.Component(
            kind="regularizer",
            name=name,
            target=f"ganzoo_translate.{target}",
            summary=summary,
            paper=paper,
            **more,
        )

    image = {"data": {"image"}}
    return [
        term("l1", "pairwise:L1", "G's distance to what belongs to what is given", PIX2PIX),
        term("l2", "pairwise:L2", "G's squared distance to what belongs to what is given", ENCODERS),
        term("jitter", "jitter:Jitter", "training images and what is given are shifted and mirrored", PIX2PIX, **image),
        term("cycle", "cycle:Cycle", "a second game that translates back, and there and back is the same", CYCLEGAN),
        term("nce", "nce:PatchNCE", "patches of G's output resemble those of its input at their place", CUT, **image),
        term(
            "perceptual",
            "perceptual:Perceptual",
            "distance of features of a frozen network",
            "Johnson, Alahi, Fei-Fei 2016, arXiv:1603.08155",
            version=2,
            **image,
        ),
        term(
            "pool",
            "pool:Pool",
            "half of the fakes that D judges come from a history of earlier ones",
            "Shrivastava et al. 2017, arXiv:1612.07828",
        ),
        term(
            "total-variation",
            "variation:TotalVariation",
            "G's images are smooth: the total variation",
            "Rudin, Osher, Fatemi 1992, doi:10.1016/0167-2789(92)90242-F; Mahendran, Vedaldi 2015, arXiv:1412.0035",
            **image,
        ),
    ]


def bundles():
    """The papers' terms and settings."""

    def bundle(name, expands, summary, paper, **defaults):
        usual = {"betas": (0.5, 0.999), "lr": 2e-4}
        return ganzoo.Component(
            kind="bundle", name=name, expands=expands, summary=summary, paper=paper, defaults={**usual, **defaults}
        )

    return [
        bundle("pix2pix", "bce+given+l1:weight=100", "paired translation; D judges pairs", PIX2PIX, batch=1),
        bundle("cyclegan", "lsgan+cycle+pool", "unpaired translation, there and back", CYCLEGAN, batch=1),
        bundle("cut", "lsgan+nce", "unpaired translation by contrasts of patches", CUT, batch=1),
        bundle(
            "srgan",
            "bce:weight=0.001+perceptual",
            "super-resolution; of the paper's terms those with features",
            SRGAN,
            betas=(0.9, 0.999),
            lr=1e-4,
            batch=16,
        ),
        bundle(
            "esrgan",
            "rpgan:weight=0.005+perceptual:distance=l1+l1:weight=0.01",
            "super-resolution with a relativistic D",
            ESRGAN,
            betas=(0.9, 0.999),
            lr=1e-4,
            batch=16,
        ),
        bundle(
            "inpaint", "bce:weight=0.001+l2:weight=0.999", "fills holes, as context encoders do", ENCODERS, batch=64
        ),
    ]


def data():
    """The data sets, and their metric."""
    return [
        ganzoo.Component(
            kind="dataset",
            name="pairs",
            target="ganzoo_translate.pairs:Pairs",
            summary="two folders of images: pairs:FROM,to=TO,size=64, or with unpaired=yes",
            data={"image"},
        ),
        ganzoo.Component(
            kind="dataset",
            name="degrade",
            target="ganzoo_translate.degrade:Degrade",
            summary="any images, given small, with holes, grey, blurred or noisy",
            data={"image"},
        ),
        ganzoo.Component(
            kind="metric",
            name="answer",
            target="ganzoo_translate.answer:Answer",
            summary="error, PSNR and SSIM of held-out pairs, beside copying and interpolation",
            paper="Wang, Bovik, Sheikh, Simoncelli 2004, doi:10.1109/TIP.2003.819861",
        ),
    ]
