"""Work in plain PyTorch, eager: the loop that a user would write, no DataLoader."""

import itertools

import torch
import torch.nn.functional as F
from sklearn.datasets import make_moons
from torch import nn

from benchmarks.arrays import COLOURED, DIGITS, PHOTO, PHOTOS, images
from benchmarks.peers import report


def mlp(*widths: int) -> nn.Sequential:
    """Linear layers with a ReLU between each two."""
    layers = [[nn.Linear(i, o), nn.ReLU()] for i, o in itertools.pairwise(widths)]
    return nn.Sequential(*itertools.chain(*layers))[:-1]


def w2(batch: int = 128) -> dict[str, float]:
    """The convolutional auto-encoder; images stay uint8 and are gathered and cast each step."""
    data = torch.tensor(images()["x"]).permute(0, 3, 1, 2).contiguous()
    net = nn.Sequential(
        nn.Conv2d(1, 32, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 16),
        nn.Linear(16, 64 * 7 * 7),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

    def run(steps):
        for chosen in torch.randperm(len(data))[: steps * batch].split(batch):
            x = data[chosen].float() / 255.0
            loss = F.binary_cross_entropy_with_logits(net(x), x, reduction="sum") / batch
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return {"step_ms": report.step_ms(run, 40)}


def w3(batch: int = 256) -> dict[str, float]:
    """The GAN: fresh points of the ring and fresh noise in each of the two steps."""
    angles = 2 * torch.pi * torch.arange(8) / 8
    centres = torch.stack([angles.cos(), angles.sin()], dim=1)
    generator, discriminator = mlp(2, 128, 128, 2), mlp(2, 128, 128, 1)
    optimizers = [
        torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.999))
        for net in (generator, discriminator)
    ]

    def run(steps):
        for _ in range(steps):
            real = centres[torch.randint(8, (batch,))] + 0.01 * torch.randn(batch, 2)
            fake = generator(torch.randn(batch, 2)).detach()
            loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
            optimizers[1].zero_grad()
            loss.backward()
            optimizers[1].step()
            loss = F.softplus(-discriminator(generator(torch.randn(batch, 2)))).mean()
            optimizers[0].zero_grad()
            loss.backward()
            optimizers[0].step()

    return {"step_ms": report.step_ms(run, 300)}


class ReverseGradient(torch.autograd.Function):
    """The identity, whose gradient is reversed."""

    @staticmethod
    def forward(ctx, x):
        """The identity."""
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        """The gradient, reversed."""
        return -gradient


def w4(points: int = 300) -> dict[str, float]:
    """DANN on the moons, full batch."""
    x, label = make_moons(points, noise=0.05, random_state=0)
    source = torch.tensor(x, dtype=torch.float32)
    target, label = source @ torch.tensor([[0.8, 0.6], [-0.6, 0.8]]), torch.tensor(label)
    features, label_head = nn.Sequential(mlp(2, 64, 64), nn.ReLU()), nn.Linear(64, 2)
    domain_head = mlp(64, 64, 1)
    nets = nn.ModuleList([features, label_head, domain_head])
    optimizer = torch.optim.Adam(nets.parameters(), lr=1e-3)
    is_source = torch.cat([torch.ones(points), torch.zeros(points)])

    def run(steps):
        for _ in range(steps):
            z = features(torch.cat([source, target]))
            told = domain_head(ReverseGradient.apply(z))[:, 0]
            loss = F.cross_entropy(label_head(z[:points]), label)
            loss = loss + F.binary_cross_entropy_with_logits(told, is_source)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return {"step_ms": report.step_ms(run, 500)}


def w10(batch: int = 64, latent: int = 64) -> dict[str, float]:
    """The convolutional VAE; images stay uint8 and are gathered and cast each step."""
    data = torch.tensor(images(PHOTOS, PHOTO)["x"]).permute(0, 3, 1, 2).contiguous()
    sizes, four = (3, 32, 64, 128, 256), {"kernel_size": 4, "stride": 2, "padding": 1}
    downs = [(nn.Conv2d(i, o, **four), nn.ReLU()) for i, o in itertools.pairwise(sizes)]
    ups = [(nn.ReLU(), nn.ConvTranspose2d(o, i, **four)) for i, o in itertools.pairwise(sizes)]
    encoder = nn.Sequential(*itertools.chain(*downs), nn.Flatten(), nn.Linear(4_096, 2 * latent))
    decoder = nn.Sequential(
        nn.Linear(latent, 4_096), nn.Unflatten(1, (256, 4, 4)), *itertools.chain(*reversed(ups))
    )
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)

    def run(steps):
        for chosen in torch.randperm(len(data))[: steps * batch].split(batch):
            x = data[chosen].float() / 255.0
            mean, log_variance = encoder(x).chunk(2, dim=1)
            z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
            loss = F.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum")
            loss = loss - 0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()
            optimizer.zero_grad()
            (loss / batch).backward()
            optimizer.step()

    return {"step_ms": report.step_ms(run, 12)}


class Layers(nn.Module):
    """VGG of random weights: 3x3 convolutions with ReLU, and the mean of 2x2 between blocks."""

    def __init__(self, widths: tuple[int, ...] = (32, 64, 128, 256), each: int = 2):
        super().__init__()
        sizes = [3, *(width for width in widths for _ in range(each))]
        same = {"kernel_size": 3, "padding": 1, "padding_mode": "replicate"}
        self.convolutions = nn.ModuleList(
            nn.Conv2d(i, o, **same) for i, o in itertools.pairwise(sizes)
        )
        self.each = each

    def forward(self, x):
        """The activations of all layers."""
        found = []
        for place, convolution in enumerate(self.convolutions):
            if place and place % self.each == 0:
                x = F.avg_pool2d(x, 2)
            x = F.relu(convolution(x))
            found.append(x)
        return found


def gram(h: torch.Tensor) -> torch.Tensor:
    """The Gram matrix of one image's activations."""
    rows = h[0].flatten(1)
    return rows @ rows.T / rows.shape[1]


def w13(side: int = 256, content_layer: int = 4) -> dict[str, float]:
    """Morphing: Adam on the logits of an image, content of one layer, style of all."""
    phi = Layers().requires_grad_(False)
    content, style = torch.rand(1, 3, side, side), torch.rand(1, 3, side, side)
    wanted = phi(content)[content_layer]
    grams = [gram(h) for h in phi(style)]
    logits = torch.logit(content.clamp(0.02, 0.98)).requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.2)

    def run(steps):
        for _ in range(steps):
            found = phi(torch.sigmoid(logits))
            loss = (found[content_layer] - wanted).square().mean() / 2
            for h, g in zip(found, grams, strict=True):
                loss = loss + 20.0 * (gram(h) - g).square().sum() / (4 * len(g) ** 2)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return {"step_ms": report.step_ms(run, 3)}


def w14(batch: int = 32) -> dict[str, float]:
    """DANN on images; these stay uint8 and are gathered and cast each step."""
    arrays = images(DIGITS, COLOURED)
    data = torch.tensor(arrays["x"]).permute(0, 3, 1, 2).contiguous()
    labels = torch.tensor(arrays["y"], dtype=torch.int64)
    features = nn.Sequential(
        nn.Conv2d(3, 32, 4, stride=2, padding=1),
        nn.InstanceNorm2d(32, affine=True),
        nn.ReLU(),
        nn.Conv2d(32, 64, 4, stride=2, padding=1),
        nn.InstanceNorm2d(64, affine=True),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
    )
    label_head, domain_head = nn.Linear(128, 10), mlp(128, 256, 256, 1)
    nets = nn.ModuleList([features, label_head, domain_head])
    optimizer = torch.optim.Adam(nets.parameters(), lr=1e-3)
    is_source = torch.cat([torch.ones(batch), torch.zeros(batch)])

    def run(steps):
        orders = [torch.randperm(len(data))[: steps * batch].split(batch) for _ in range(2)]
        for source, target in zip(*orders, strict=True):
            z = features(torch.cat([data[source], data[target]]).float() / 255.0)
            told = domain_head(ReverseGradient.apply(z))[:, 0]
            loss = F.cross_entropy(label_head(z[:batch]), labels[source])
            loss = loss + F.binary_cross_entropy_with_logits(told, is_source)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return {"step_ms": report.step_ms(run, 60)}


if __name__ == "__main__":
    report.main("torch", {"w2": w2, "w3": w3, "w4": w4, "w10": w10, "w13": w13, "w14": w14})
