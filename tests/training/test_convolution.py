"""Convolutions with another double backward: PyTorch's numbers, by convolutions like the forward's."""

import pytest
import torch
from helpers.play import trainer
from helpers.replay import TapeRecorder, difference
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm
from torch.utils._python_dispatch import TorchDispatchMode

from ganzoo.recipes.settings import Settings
from ganzoo.testing.trials import gradients_of
from ganzoo.training import trainer as moves
from ganzoo.training.convolution import twice_differentiable
from ganzoo.training.execution import Eager
from ganzoo.training.graphs import Graphed
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.resnet import ResNet
from ganzoo.zoo.losses import WGAN, RpGAN
from ganzoo.zoo.regularizers.gradient import R1, R2, GradientPenalty
from ganzoo.zoo.regularizers.spectral import SpectralNorm

# function, shape of x, shape of w, options
CASES = {
    "1d": (F.conv1d, (2, 3, 7), (4, 3, 3), {}),
    "1d strided": (F.conv1d, (2, 4, 9), (6, 2, 4), {"stride": 2, "padding": (1,), "groups": 2}),
    "2d": (F.conv2d, (2, 3, 5, 6), (4, 3, 3, 2), {"padding": 1}),
    "2d pointwise": (F.conv2d, (2, 3, 4, 4), (5, 3, 1, 1), {}),
    "2d as large as x": (F.conv2d, (3, 2, 4, 4), (1, 2, 4, 4), {}),
    "2d strided": (F.conv2d, (2, 2, 8, 8), (3, 2, 4, 4), {"stride": 2, "padding": 1}),
    "2d with a rest": (F.conv2d, (2, 2, 8, 7), (3, 2, 3, 3), {"stride": (3, 2)}),
    "2d dilated": (F.conv2d, (2, 2, 7, 8), (2, 2, 3, 2), {"dilation": (2, 3), "padding": (2, 1)}),
    "2d depthwise": (F.conv2d, (2, 4, 5, 5), (4, 1, 3, 3), {"groups": 4, "padding": 1}),
    "2d of all": (F.conv2d, (2, 4, 9, 8), (6, 2, 3, 3), {"stride": [2, 1], "padding": 2, "dilation": 2, "groups": 2}),
    "2d of one sample": (F.conv2d, (1, 1, 3, 3), (1, 1, 2, 2), {}),
    "3d": (F.conv3d, (1, 2, 4, 5, 4), (2, 2, 2, 3, 2), {"stride": (1, 2, 1), "padding": 1}),
    "3d in groups": (F.conv3d, (2, 2, 3, 3, 5), (4, 1, 2, 1, 2), {"groups": 2, "dilation": (1, 1, 2)}),
    "1d transposed": (F.conv_transpose1d, (2, 3, 5), (3, 2, 4), {"stride": 2, "padding": 1}),
    "2d transposed": (F.conv_transpose2d, (2, 3, 4, 3), (3, 2, 4, 4), {"stride": 2, "padding": 1}),
    "2d transposed, padded": (F.conv_transpose2d, (2, 2, 3, 3), (2, 3, 3, 3), {"stride": 2, "output_padding": 1}),
    "2d transposed, of all": (
        F.conv_transpose2d,
        (2, 4, 3, 4),
        (4, 3, 2, 3),
        {"stride": (2, 3), "padding": (0, 1), "output_padding": (1, 0), "groups": 2, "dilation": (2, 1)},
    ),
    "3d transposed": (F.conv_transpose3d, (1, 2, 2, 3, 2), (2, 1, 2, 2, 3), {"stride": 2, "groups": 1, "padding": 1}),
    "a word": (F.conv2d, (2, 2, 5, 5), (2, 2, 3, 3), {"padding": "same", "dilation": 2}),
    "no batch": (F.conv2d, (2, 5, 5), (2, 2, 3, 3), {"padding": 1}),
}


def tensors(name, bias=True):
    """x, w and b, in float64."""
    function, x, w, options = CASES[name]
    out = w[1] * options.get("groups", 1) if "transpose" in function.__name__ else w[0]
    draws = torch.Generator().manual_seed(len(name))
    shapes = [x, w, (out,)][: 2 + bias]
    return [torch.randn(shape, generator=draws, dtype=torch.float64).requires_grad_() for shape in shapes]


def ours(function, *args, **options):
    with twice_differentiable():
        return function(*args, **options)


def derivatives(function, inputs, options, orders):
    """The output, and gradients of the first orders of something that is no polynomial of it."""
    made = function(*inputs, **options)
    found, total = [made], made.sin().sum()
    for _ in range(orders):
        grads = torch.autograd.grad(total, inputs, create_graph=True)
        found += grads
        total = sum((grad.sin() * torch.linspace(1, 2, grad.numel()).view_as(grad)).sum() for grad in grads)
    return found


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_three_derivatives_are_those_of_pytorch(name, bias):
    function, _, _, options = CASES[name]
    inputs = tensors(name, bias)
    orders = 1 if "output_padding" in options else 3  # PyTorch has no second one of these
    pairs = zip(
        derivatives(lambda *a, **k: ours(function, *a, **k), inputs, options, orders),
        derivatives(function, inputs, options, orders),
        strict=True,
    )
    for mine, own in pairs:
        assert mine.shape == own.shape
        assert (mine - own).abs().max() <= 1e-12 * own.abs().max()


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_small_differences(name):
    function, _, _, options = CASES[name]
    inputs = tensors(name)
    assert torch.autograd.gradcheck(lambda *a: ours(function, *a, **options), inputs, fast_mode=True)
    assert torch.autograd.gradgradcheck(lambda *a: ours(function, *a, **options), inputs, fast_mode=True)


class Seen(TorchDispatchMode):
    """Kernel and dilation of each convolution."""

    def __init__(self):
        super().__init__()
        self.forward, self.backward = [], []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.convolution.default:
            self.forward.append((args[1].shape[2:], tuple(args[5])))
        if func is torch.ops.aten.convolution_backward.default:
            self.backward.append((args[2].shape[2:], tuple(args[6])))
        return func(*args, **(kwargs or {}))


def penalised(architecture, terms, monkeypatch, mode=None, rounds=0):
    """A trainer whose gradients are made with such convolutions; without `mode` with PyTorch's own."""
    made = trainer(architecture, [term() for term in terms], (3, 16, 16), Settings(batch=4, latent=4, lr=1e-3))
    made.execution = mode or Eager()
    plain = moves.gradients

    def gradients(*args):
        with twice_differentiable():
            return plain(*args)

    with monkeypatch.context() as patch:
        if mode:
            patch.setattr(moves, "gradients", gradients)
        with Seen() as seen:
            grads, _ = gradients_of(made, "d")
        for _ in range(rounds):
            made.round()
    return made, grads, seen


MOVES = {
    "gp": (DCGAN(width=4), (WGAN, GradientPenalty)),
    "r1+r2": (DCGAN(width=4), (RpGAN, R1, R2)),
    "r1+sn": (DCGAN(width=4), (RpGAN, R1, SpectralNorm)),
    "resnet": (ResNet(width=4), (WGAN, GradientPenalty)),
}


@pytest.mark.parametrize("name", MOVES)
def test_moves_with_penalties_have_pytorchs_gradients(name, monkeypatch):
    mine, own = (penalised(*MOVES[name], monkeypatch, mode)[1] for mode in (Eager(), None))
    for a, b in zip(mine, own, strict=True):
        assert (a is None) == (b is None)
        assert a is None or (a - b).abs().max() <= 1e-12 * b.abs().max()


@pytest.mark.parametrize("name", MOVES)
def test_no_convolution_has_another_kernel_or_dilation_than_the_networks_own(name, monkeypatch):
    made, _, seen = penalised(*MOVES[name], monkeypatch, Eager())
    _, _, own = penalised(*MOVES[name], monkeypatch)
    layers = [m for net in (made.game.g.net, made.game.d.net) for m in net.modules() if hasattr(m, "dilation")]
    kinds = {(layer.weight.shape[2:], layer.dilation) for layer in layers}
    assert {*seen.forward, *seen.backward} <= kinds
    assert not {*own.forward, *own.backward} <= kinds  # PyTorch's have: this is what is avoided
    assert max(size for kernel, _ in own.forward for size in kernel) >= 8
    assert len(seen.forward) + len(seen.backward) <= 2 * (len(own.forward) + len(own.backward))


def test_no_gradient_is_made_that_nobody_asks_for():
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Conv2d(3, 1, 3))
    x = torch.randn(2, 2, 6, 6, requires_grad=True)
    with twice_differentiable():
        y = net(x)
    with Seen() as seen:
        torch.autograd.grad(y.sum(), x, retain_graph=True)
    assert len(seen.backward) == 2  # by the inputs of both
    with Seen() as seen:
        torch.autograd.grad(y.sum(), [*net[1].parameters()], retain_graph=True)
    assert len(seen.backward) == 1
    with Seen() as seen:
        y.sum().backward()
    assert len(seen.backward) == 4
    assert all(p.grad is not None for p in (x, *net.parameters()))


def test_graphs_replay_them(monkeypatch):
    graphed, *_ = penalised(*MOVES["gp"], monkeypatch, Graphed(TapeRecorder(), warm=1), rounds=3)
    eager, *_ = penalised(*MOVES["gp"], monkeypatch, Eager(), rounds=3)
    plain, *_ = penalised(*MOVES["gp"], monkeypatch, rounds=3)
    assert difference(graphed, eager) == 0
    assert 0 < difference(eager, plain) < 1e-9


def test_autocast_casts_as_it_does_for_pytorchs_own():
    def penalty(convolve, dtype):
        x, w, b = (x.detach().to(dtype).requires_grad_() for x in tensors("2d strided"))
        with torch.autocast("cpu", torch.bfloat16):
            y = convolve(F.conv2d, x, w, b, stride=2, padding=1)
        (slope,) = torch.autograd.grad(y.float().square().sum(), x, create_graph=True)
        return y, slope, torch.autograd.grad(slope.square().sum(), w)[0]

    for dtype in (torch.float32, torch.float64):
        for mine, own in zip(penalty(ours, dtype), penalty(lambda f, *a, **k: f(*a, **k), dtype), strict=True):
            assert mine.dtype == own.dtype
            assert torch.allclose(mine, own, rtol=0.05, atol=0.02 * own.abs().max().item())


def test_the_layout_is_kept():
    x = torch.randn(2, 4, 8, 8).to(memory_format=torch.channels_last).requires_grad_()
    conv = nn.Conv2d(4, 6, 3, padding=1).to(memory_format=torch.channels_last)
    y, own = ours(conv, x), conv(x)
    assert torch.equal(y, own)
    assert y.stride() == own.stride()
    grads = [torch.autograd.grad(out.square().sum(), [x, conv.weight], create_graph=True) for out in (y, own)]
    assert [g.stride() for g in grads[0]] == [g.stride() for g in grads[1]]


def test_modules_of_all_kinds_and_calls_by_name_are_replaced():
    x, w = torch.randn(1, 2, 6, 6), torch.randn(2, 2, 3, 3)
    convolution = nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular")
    made = {
        "module": ours(convolution, x),
        "transposed": ours(nn.ConvTranspose2d(2, 2, 3), x, output_size=(8, 8)),
        "parametrized": ours(weight_norm(nn.Conv2d(2, 2, 3)), x),
        "by name": ours(F.conv2d, weight=w.requires_grad_(), input=x, stride=(2,)),
        "torch": ours(torch.conv2d, x, w),
    }
    assert {name: type(y.grad_fn).__name__ for name, y in made.items()} == dict.fromkeys(made, "ConvolutionBackward")
    assert type(convolution(x).grad_fn).__name__ == "ConvolutionBackward0"


def test_what_cannot_be_replaced_is_pytorchs_own():
    x, w = torch.randn(2, 4, 4), torch.randn(2, 2, 3, 3, requires_grad=True)
    assert type(ours(F.conv2d, x, w).grad_fn).__name__ == "SqueezeBackward1"
    assert type(ours(F.conv2d, x[None], w, padding="valid").grad_fn).__name__ == "ConvolutionBackward0"
    own = torch.func.grad(lambda w: F.conv2d(x[None], w).square().sum())(w)
    assert torch.equal(ours(torch.func.grad(lambda w: F.conv2d(x[None], w).square().sum()), w), own)
    with pytest.raises(RuntimeError, match="expected input"):
        ours(F.conv2d, torch.randn(1, 3, 4, 4), w)
