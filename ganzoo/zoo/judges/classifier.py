"""The network of a judge: a small classifier of one-channel images."""

from torch import Tensor, nn


class Classifier(nn.Module):
    """Three convolutions, a layer of `features` ReLU units, whose activations metrics compare, and the classes."""

    def __init__(self, *, size: int, width: int, features: int, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * width, 2 * width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(2 * width * (size // 4) ** 2, features),
            nn.ReLU(),
        )
        self.head = nn.Linear(features, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, size, size) in [-1, 1] -> features (N, F) and logits (N, classes)."""
        features = self.body(x)
        return features, self.head(features)
