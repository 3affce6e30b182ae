"""Networks that do not learn."""

import math
from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import conv2d, interpolate, leaky_relu, pad

import ganzoo

WIDTHS = (16, 32)
"""Channels of the first map, and of the others."""
MAPS = {"vgg16": 9, "vgg19": 35}
"""How many layers of torchvision's VGG come before the map: up to relu2_2, and up to conv5_4."""
LEAST = {"vgg16": 8, "vgg19": 32}
"""Pixels of a side below which nothing would be left; smaller images are enlarged to them."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours of ImageNet, from 0 to 1."""


class RandomFeatures(nn.Module):
    """Images (N, C, H, W) in [-1, 1] -> maps, each half as large as the one before, until a side is 4.

    Each is a 3x3 convolution, borders reflected, with random filters of norm 1, always the same, and a leaky ReLU.
    """

    def __init__(self, shape):
        super().__init__()
        layers = max(1, int(math.log2(max(min(shape[1:]), 8) / 4)))
        widths = [shape[0], WIDTHS[0], *[WIDTHS[1]] * (layers - 1)]
        random = torch.Generator().manual_seed(0)
        for i, (inputs, outputs) in enumerate(pairwise(widths)):
            filters = torch.randn(outputs, inputs, 3, 3, generator=random)
            self.register_buffer(f"filters{i}", filters / filters.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1))

    def forward(self, x):
        maps = []
        for filters in self.buffers():
            x = leaky_relu(conv2d(pad(x, (1, 1, 1, 1), mode="reflect"), filters, stride=2), 0.2)
            maps.append(x)
        return maps


class VGGFeatures(nn.Module):
    """Images (N, 1 or 3, H, W) in [-1, 1] -> one map of VGG (Simonyan, Zisserman 2015, arXiv:1409.1556)."""

    def __init__(self, name, weights):
        super().__init__()
        try:
            from torchvision import models

            vgg = getattr(models, name)(weights=None)
            vgg.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
        except Exception as error:  # a file may be anything
            raise ganzoo.Incompatible(
                f"{weights}: {name} cannot be read ({error or type(error).__name__}); give the file of weights that "
                f"torchvision has for {name}"
            ) from None
        self.layers, self.least = vgg.features[: MAPS[name]].eval().requires_grad_(False), LEAST[name]
        for layer in self.layers:
            if isinstance(layer, nn.ReLU):
                layer.inplace = False
        for what, values in (("mean", MEAN), ("std", STD)):
            self.register_buffer(what, torch.tensor(values).reshape(1, 3, 1, 1))

    def forward(self, x):
        x = ((x + 1) / 2).expand(-1, 3, -1, -1)
        if (side := min(x.shape[2:])) < self.least:
            x = interpolate(x, scale_factor=math.ceil(self.least / side))
        return [self.layers((x - self.mean) / self.std)]
