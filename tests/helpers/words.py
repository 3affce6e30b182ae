"""A plugin of one file for another form of data: words, a metric of how they are spelt, and recurrent networks."""

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta
from PIL import Image, ImageDraw
from torch import nn

import ganzoo

VOWELS, CONSONANTS = "aeiou", "bdklmnrst"
ALPHABET = VOWELS + CONSONANTS
LENGTH = 5


@ganzoo.hookimpl
def ganzoo_components():
    about = {"paper": "nobody 2026, for a test"}
    return [
        ganzoo.Component(
            kind="dataset", name="words", target=f"{__name__}:Words", summary="words such as banal",
            data={"sequence"}, **about,
        ),
        ganzoo.Component(
            kind="architecture", name="gru", target=f"{__name__}:GRU", summary="recurrent networks",
            data={"sequence"}, **about,
        ),
        ganzoo.Component(
            kind="metric", name="spelling", target=f"{__name__}:Spelling", summary="shares of letters in place", **about
        ),
    ]  # fmt: skip


def random_words(n, seed):
    """(n, 5) int64 letters: a consonant and a vowel in turn."""
    random = torch.Generator().manual_seed(seed)
    vowels = torch.randint(len(VOWELS), (n, LENGTH), generator=random)
    consonants = len(VOWELS) + torch.randint(len(CONSONANTS), (n, LENGTH), generator=random)
    return torch.where(torch.arange(LENGTH) % 2 == 1, vowels, consonants)


@dataclass(eq=False)
class Words(ganzoo.Data):
    """Words of five letters, int64 (N, 5), which networks see as (N, 5, 14): 1 for the letter, -1 for others."""

    n: Annotated[int, Meta(ge=2)] = 400
    """Words to train on."""
    kind = "sequence"
    metrics = ("spelling:letters=true", "kid:subsets=1")
    primary = "spelling.share"
    suffixes = (".txt",)

    def load(self):
        noise = torch.randint(len(ALPHABET), (30, LENGTH), generator=torch.Generator().manual_seed(3))
        words = {"train": random_words(self.n, 1), "test": random_words(self.n // 2, 2), "outliers": noise}
        return {name: ganzoo.Split(x) for name, x in words.items()}

    def encode(self, x):
        return nn.functional.one_hot(x, len(ALPHABET)).float() * 2 - 1

    def decode(self, x):
        return x.argmax(-1)

    def picture(self, samples, given=None):
        words = [self.text(word) for word in samples.flatten(0, -2)[:24]]
        image = Image.new("RGB", (80, 12 * len(words)), "white")
        for row, word in enumerate(words):
            ImageDraw.Draw(image).text((4, 12 * row), word, "black")
        return image

    def text(self, word):
        return "".join(ALPHABET[letter] for letter in word.tolist())

    def write(self, samples, path):
        path.write_text("".join(f"{self.text(word)}\n" for word in samples))

    def read(self, path):
        words = path.read_text().split()
        for number, word in enumerate(words, 1):
            if len(word) != LENGTH or not set(word) <= set(ALPHABET):
                raise ganzoo.DataError(f"{path}: word {number} is {word!r}; words have {LENGTH} of {ALPHABET}")
        return torch.tensor([[ALPHABET.index(letter) for letter in word] for word in words], dtype=torch.long).reshape(
            -1, LENGTH
        )


@dataclass
class Spelling:
    """The share of words whose letters are a consonant and a vowel in turn."""

    letters: bool = False
    """Count letters, not words."""
    better = {"spelling.share": "higher"}  # noqa: RUF012
    scale = {"spelling.share": "share"}  # noqa: RUF012

    def __call__(self, e):
        if not isinstance(e.data, Words):
            raise ganzoo.Incompatible(f"spelling is of words, and {e.data.name} is {e.data.kind}; take another metric")
        protocol = f"letters={self.letters},n={len(e)}"
        return [
            ganzoo.Score("spelling.share", protocol, self.share(e.x)),
            ganzoo.Score("spelling.share.floor", protocol, self.share(e.held_out(len(e)).x)),
        ]

    def share(self, x):
        right = (x < len(VOWELS)) == (torch.arange(LENGTH) % 2 == 1)
        return (right if self.letters else right.all(1)).double().mean().item()


@dataclass
class GRU:
    """A recurrent layer in each network."""

    width: Annotated[int, Meta(ge=1)] = 16
    """Units."""

    def generator(self, spec):
        check(spec)
        return Writer(spec, self.width)

    def discriminator(self, spec):
        check(spec)
        return Reader(spec, self.width)


def check(spec):
    if spec.needs or spec.classes or len(spec.shape) != 2:
        raise ganzoo.Incompatible(f"gru builds no labels, {', '.join(sorted(spec.needs)) or 'nor'} shape {spec.shape}")


class Writer(nn.Module):
    """z at each step."""

    def __init__(self, spec, width):
        super().__init__()
        self.steps = spec.shape[0]
        self.gru, self.out = nn.GRU(spec.latent, width, batch_first=True), nn.Linear(width, spec.shape[1])

    def forward(self, z, y=None):
        hidden, _ = self.gru(z[:, None].expand(-1, self.steps, -1))
        return self.out(hidden).tanh()


class Reader(nn.Module):
    """Features are the states after each letter."""

    def __init__(self, spec, width):
        super().__init__()
        self.gru = nn.GRU(spec.shape[1], width, batch_first=True)
        self.heads = ganzoo.Heads(spec, (spec.shape[0], width))

    def forward(self, x, y=None):
        return self.heads(self.gru(x)[0], y)
