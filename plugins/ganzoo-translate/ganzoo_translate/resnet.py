"""The residual translator of CycleGAN."""

from dataclasses import dataclass

from torch import nn

from ganzoo_translate.normalisation import normalisation
from ganzoo_translate.translator import Count, TranslatingG, Translator, same_size

FACTOR = 4
"""By how much images are made smaller before the residual blocks."""


@dataclass
class ResNetTranslator(Translator):
    """G: c7s1-64, d128, d256, R256 …, u128, u64, c7s1-3 (Johnson et al. 2016; Zhu et al. 2017, appendix 7.2).

    c7s1 is a 7x7 convolution, d a 3x3 one that halves, R a residual block of two 3x3 ones, u one that doubles; each is
    normalised and has a ReLU. Borders are reflected. z is ignored. It takes any image whose sides are multiples of 4
    from 8, also larger ones than it was trained on.
    """

    blocks: Count = 6
    """Residual blocks; in the paper 6 for images of 128 pixels a side and 9 from 256 on."""

    def generator(self, spec):
        """(z, y, given (N, C', H, W)) -> (N, C, H, W)."""
        self.check(spec, "resnet-translator", FACTOR)
        same_size(spec, "resnet-translator")
        return ResNetG(spec, self.width, self.blocks, self.norm, self.keep, self.residual)


def layer(conv, norm, last=True):
    """A convolution, normalised, with a ReLU if it is the last of its block."""
    return nn.Sequential(conv, normalisation(norm, conv.out_channels), nn.ReLU() if last else nn.Identity())


class Block(nn.Module):
    """x + f(x), f two convolutions (He et al. 2016), without a ReLU after the sum."""

    def __init__(self, channels, norm):
        super().__init__()
        convs = [nn.Conv2d(channels, channels, 3, 1, 1, padding_mode="reflect") for _ in range(2)]
        self.layers = nn.Sequential(layer(convs[0], norm), layer(convs[1], norm, last=False))

    def forward(self, x):
        return x + self.layers(x)


class ResNetG(TranslatingG):
    """Down, residual blocks, up."""

    def __init__(self, spec, width, blocks, norm, keep, residual):
        super().__init__(keep, 4, residual)
        self.down = nn.ModuleList(
            [
                layer(nn.Conv2d(spec.given[0], width, 7, 1, 3, padding_mode="reflect"), norm),
                layer(nn.Conv2d(width, 2 * width, 3, 2, 1), norm),
                layer(nn.Conv2d(2 * width, 4 * width, 3, 2, 1), norm),
            ]
        )
        self.blocks = nn.ModuleList([Block(4 * width, norm) for _ in range(blocks)])
        self.up = nn.Sequential(
            layer(nn.ConvTranspose2d(4 * width, 2 * width, 3, 2, 1, output_padding=1), norm),
            layer(nn.ConvTranspose2d(2 * width, width, 3, 2, 1, output_padding=1), norm),
            nn.Conv2d(width, spec.shape[0], 7, 1, 3, padding_mode="reflect"),
        )
        self.apply(draw_normal)

    def translate(self, z, given):
        for part in (*self.down, *self.blocks):
            given = part(given)
        return self.up(given)

    def features(self, given):
        """Five maps (Park et al. 2020, appendix C.1): the image, both halvings, the first and the middle block."""
        maps = [given]
        for part in (*self.down, *self.blocks[: len(self.blocks) // 2 + 1]):
            maps.append(part(maps[-1]))
        return [maps[0], maps[2], maps[3], maps[4], maps[-1]]


def draw_normal(module):
    """Weights of convolutions from N(0, 0.02²), biases 0 (Zhu et al. 2017, appendix 7.1)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        nn.init.zeros_(module.bias)
