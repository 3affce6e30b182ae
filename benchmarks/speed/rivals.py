"""Other ways to train the same networks: each has `round()`, one move of each player as ganzoo's settings say.

All of them start from copies of the same weights, and draw reals and z as they would. `gradients(real)` are those of a
first move of D on given reals, with the z that the current seed gives: so that it is known to be the same game.
"""

import contextlib
import io
import tempfile

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus
from torch.utils.data import DataLoader, TensorDataset


def bce(real, fake):
    """Cross-entropy; G has the non-saturating one."""
    return softplus(-real).mean() + softplus(fake).mean()


LOSSES = {
    "bce": (bce, lambda fake: softplus(-fake).mean()),
    "hinge": (lambda r, f: (1 - r).relu().mean() + (1 + f).relu().mean(), lambda fake: -fake.mean()),
    "wgangp": (lambda r, f: f.mean() - r.mean(), lambda fake: -fake.mean()),
}


def penalty(d, real, fake):
    """Ten times the squared distance of the slope from one, between reals and fakes."""
    alpha = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device, dtype=real.dtype)
    x = (alpha * real + (1 - alpha) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(d(x)["score"].sum(), x, create_graph=True)
    return 10 * (slope.flatten(1).norm(dim=1) - 1).square().mean()


class Handwritten:
    """What a tutorial writes: DataLoader, zero_grad, backward, step, unfused Adam, `.item()` each step."""

    def __init__(self, g, d, x, settings, loss):
        self.g, self.d, self.settings, self.loss = g, d, settings, loss
        self.device, self.dtype = next(g.parameters()).device, next(g.parameters()).dtype
        self.adam_g = torch.optim.Adam(g.parameters(), settings.lr, settings.betas, foreach=False, fused=False)
        self.adam_d = torch.optim.Adam(d.parameters(), settings.lr, settings.betas, foreach=False, fused=False)
        self.loader = DataLoader(TensorDataset(x), settings.batch, shuffle=True, drop_last=True)
        self.reals = iter(self.loader)

    def real(self):
        """The next batch, on the device."""
        try:
            return next(self.reals)[0].to(self.device)
        except StopIteration:
            self.reals = iter(self.loader)
            return next(self.reals)[0].to(self.device)

    def z(self, n):
        """Of n samples."""
        return torch.randn(n, self.settings.latent, device=self.device, dtype=self.dtype)

    def d_move(self, real):
        """One of D."""
        with torch.no_grad():
            fake = self.g(self.z(len(real)))
        self.adam_d.zero_grad()
        loss = LOSSES[self.loss][0](self.d(real)["score"], self.d(fake)["score"])
        if self.loss == "wgangp":
            loss = loss + penalty(self.d, real, fake)
        loss.backward()
        self.adam_d.step()
        return loss.item()

    def round(self):
        """`d_steps` moves of D, each with fresh reals and fresh z, and one of G."""
        for _ in range(self.settings.d_steps):
            self.d_loss = self.d_move(self.real())
        self.adam_g.zero_grad()
        fake = self.g(self.z(self.settings.batch))
        loss = LOSSES[self.loss][1](self.d(fake)["score"])
        loss.backward()
        self.adam_g.step()
        self.g_loss = loss.item()

    def gradients(self, real):
        """Of D's first move."""
        self.d_move(real)
        return [p.grad for p in self.d.parameters()]


class Examples(Handwritten):
    """The loop of PyTorch's own DCGAN example: G learns from the fakes that D has just seen, so it runs G once."""

    def round(self):
        """One move of each on one batch of reals and one of z."""
        real = self.real()
        ones, zeros = real.new_ones(len(real)), real.new_zeros(len(real))
        self.d.zero_grad()
        on_real = binary_cross_entropy_with_logits(self.d(real)["score"], ones)
        on_real.backward()
        fake = self.g(self.z(len(real)))
        on_fake = binary_cross_entropy_with_logits(self.d(fake.detach())["score"], zeros)
        on_fake.backward()
        self.adam_d.step()
        self.g.zero_grad()
        loss = binary_cross_entropy_with_logits(self.d(fake)["score"], ones)
        loss.backward()
        self.adam_g.step()
        self.d_loss, self.g_loss = (on_real + on_fake).item(), loss.item()


class TorchGAN:
    """torchgan 0.1.0's Trainer on networks of ours, one iteration a round, with what it logs on the way."""

    def __init__(self, g, d, x, settings, loss):
        import torchvision.utils

        plain = torchvision.utils.make_grid  # torchgan says `range=`, which torchvision has renamed
        torchvision.utils.make_grid = lambda *a, range=None, **k: plain(*a, value_range=range, **k)
        from torchgan.losses import MinimaxDiscriminatorLoss, MinimaxGeneratorLoss
        from torchgan.models import Discriminator, Generator
        from torchgan.trainer import Trainer

        assert loss == "bce"

        class G(Generator):
            def __init__(self):
                super().__init__(settings.latent)
                self.net = g

            def forward(self, z):
                return self.net(z)

        class D(Discriminator):
            def __init__(self):
                super().__init__(x[0].numel())
                self.net = d

            def forward(self, x):
                return self.net(x)["score"]

        adam = {"name": torch.optim.Adam, "args": {"lr": settings.lr, "betas": settings.betas}}
        models = {"generator": {"name": G, "optimizer": adam}, "discriminator": {"name": D, "optimizer": adam}}
        losses = [MinimaxDiscriminatorLoss(), MinimaxGeneratorLoss()]
        self.folder = tempfile.TemporaryDirectory()
        place = {"checkpoints": f"{self.folder.name}/model/gan", "recon": f"{self.folder.name}/images"}
        self.trainer = Trainer(models, losses, device=torch.device("cpu"), **place)
        self.trainer.batch_size, self.device = settings.batch, torch.device("cpu")
        self.loader = DataLoader(TensorDataset(x), settings.batch, shuffle=True, drop_last=True)
        self.reals = iter(self.loader)
        for model in (self.trainer.generator, self.trainer.discriminator):
            model.train()

    real = Handwritten.real

    def step(self, real):
        """What the body of `Trainer.train` does with a batch."""
        trainer, told = self.trainer, self.trainer.loss_information
        trainer.real_inputs = real
        g, d, g_moves, d_moves = trainer.train_iter()
        told["generator_losses"] += g
        told["discriminator_losses"] += d
        told["generator_iters"] += g_moves
        told["discriminator_iters"] += d_moves
        with contextlib.redirect_stdout(io.StringIO()):
            trainer.logger.run_mid_epoch(trainer)

    def round(self):
        """One batch."""
        self.step(self.real())

    def gradients(self, real):
        """Of D's first move; its optimizer has made its step, G's move has not touched D's gradients yet."""
        kept: list[torch.Tensor] = []
        adam = self.trainer.optimizer_discriminator
        plain = adam.step

        def step(*args, **kwargs):
            kept.extend(p.grad.clone() for p in self.trainer.discriminator.parameters())
            return plain(*args, **kwargs)

        adam.step = step
        self.step(real)
        adam.step = plain
        return kept


def count(net: nn.Module) -> int:
    """Its parameters."""
    return sum(p.numel() for p in net.parameters())
