"""Networks of bench/accuracy-more. They showed which rules were wrong, all but those named once_…: these were scored once, when the rules were done.

NETS maps a name to (constructor, input shape with the batch). Narrow, so that each is measured in seconds. The initialisation is the constructor's own:
torchvision's, PyTorch's default, or what the second argument of `he` and `normal` says.
"""
import torch
from torch import nn
from torchvision.models import densenet, efficientnet, mnasnet, mobilenetv3, regnet, resnet, shufflenetv2, squeezenet
from torchvision.models.googlenet import BasicConv2d, Inception
from torchvision.ops import misc

CLASSES = 10


def initialised(net, law):
    """Convolutions and dense layers redrawn by `law`, biases 0."""
    for m in net.modules():
        if isinstance(m, (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            law(m.weight)
            if m.bias is not None: nn.init.zeros_(m.bias)
    return net


def he(net, gain='relu', slope=0): return initialised(net, lambda w: nn.init.kaiming_normal_(w, slope, nonlinearity=gain))


class View(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x): return x.reshape(-1, *self.shape)


def head(channels): return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES)]


def conv(i, o, k=3, s=1, norm=None, act=nn.ReLU, **kw):
    kw.setdefault('padding', kw.get('dilation', 1) * (k // 2))
    layers = [nn.Conv2d(i, o, k, s, bias=norm is None, **kw)]
    if norm: layers.append(norm(o))
    return nn.Sequential(*layers, *([act()] if act else []))


def groups(n): return nn.GroupNorm(4, n)


def single(n): return nn.InstanceNorm2d(n, affine=True)


# ---- residual networks from torchvision's blocks, narrow ----

def residual(block, widths, depths, norm=nn.BatchNorm2d, pool=True, zero=False, **kw):
    stem = [nn.Conv2d(3, widths[0], 7, 2, 3, bias=False), norm(widths[0]), nn.ReLU()] + ([nn.MaxPool2d(3, 2, 1)] if pool else [])
    layers, at = stem, widths[0]
    for i, (w, d) in enumerate(zip(widths, depths)):
        for j in range(d):
            stride = 2 if i and not j else 1
            out = w * block.expansion
            down = nn.Sequential(nn.Conv2d(at, out, 1, stride, bias=False), norm(out)) if stride != 1 or at != out else None
            layers.append(block(at, w, stride, down, norm_layer=norm, **kw))
            at = out
    net = nn.Sequential(*layers, *head(at))
    for m in net.modules():
        if isinstance(m, nn.Conv2d): nn.init.kaiming_normal_(m.weight, mode='fan_out', nonlinearity='relu')
        if zero and isinstance(m, resnet.BasicBlock): nn.init.zeros_(m.bn2.weight)
    return net


class PreActivation(nn.Module):
    def __init__(self, i, o, s, se=False):
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(i), nn.BatchNorm2d(o)
        self.conv1, self.conv2 = nn.Conv2d(i, o, 3, s, 1, bias=False), nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.short = nn.Conv2d(i, o, 1, s, bias=False) if s != 1 or i != o else None
        self.se = misc.SqueezeExcitation(o, max(2, o // 4)) if se else None

    def forward(self, x):
        y = torch.relu(self.norm1(x))
        z = self.conv2(torch.relu(self.norm2(self.conv1(y))))
        if self.se is not None: z = self.se(z)
        return z + (x if self.short is None else self.short(y))


def pre_activation(widths, depth, se=False):
    layers, at = [nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)], widths[0]
    for i, w in enumerate(widths):
        for j in range(depth):
            layers.append(PreActivation(at, w, 2 if i and not j else 1, se))
            at = w
    return he(nn.Sequential(*layers, nn.BatchNorm2d(at), nn.ReLU(), *head(at)))


# ---- branches ----

class Bypass(nn.Module):
    """inner(x) joined to x."""

    def __init__(self, inner, cat=False):
        super().__init__()
        self.inner, self.cat = inner, cat

    def forward(self, x):
        y = self.inner(x)
        return torch.cat([x, y], 1) if self.cat else x + y


class Branches(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x): return torch.cat([b(x) for b in self.branches], 1)


def inception():
    block = Inception
    return nn.Sequential(
        BasicConv2d(3, 8, kernel_size=7, stride=2, padding=3), nn.MaxPool2d(3, 2, ceil_mode=True),
        BasicConv2d(8, 8, kernel_size=1), BasicConv2d(8, 24, kernel_size=3, padding=1), nn.MaxPool2d(3, 2, ceil_mode=True),
        block(24, 8, 12, 16, 4, 8, 8), block(40, 16, 16, 24, 8, 12, 8), nn.MaxPool2d(3, 2, ceil_mode=True),
        block(60, 24, 12, 26, 4, 8, 8), block(66, 20, 14, 28, 4, 8, 8), block(64, 16, 16, 32, 4, 8, 8), *head(64))


def factored_inception():
    """Inception-v3's asymmetric kernels and averaging branch, no normalisation in the stem."""
    def block(i):
        return Branches(
            conv(i, 12, 1, norm=nn.BatchNorm2d),
            nn.Sequential(conv(i, 8, 1, norm=nn.BatchNorm2d), conv(8, 12, 5, norm=nn.BatchNorm2d)),
            nn.Sequential(conv(i, 8, 1, norm=nn.BatchNorm2d), nn.Conv2d(8, 8, (1, 7), padding=(0, 3), bias=False), nn.BatchNorm2d(8), nn.ReLU(),
                          nn.Conv2d(8, 12, (7, 1), padding=(3, 0), bias=False), nn.BatchNorm2d(12), nn.ReLU()),
            nn.Sequential(nn.AvgPool2d(3, 1, 1), conv(i, 8, 1, norm=nn.BatchNorm2d)))
    return nn.Sequential(conv(3, 12, 3, 2), conv(12, 16, 3), nn.MaxPool2d(3, 2), block(16), block(44), nn.MaxPool2d(3, 2), block(44), *head(44))


def squeeze():
    fire = squeezenet.Fire
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), fire(16, 4, 16, 16), fire(32, 4, 16, 16), nn.MaxPool2d(3, 2, ceil_mode=True),
        fire(32, 8, 32, 32), fire(64, 8, 32, 32), fire(64, 12, 48, 48), nn.Dropout(.5), nn.Conv2d(96, CLASSES, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    for m in net.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_uniform_(m.weight)
            nn.init.zeros_(m.bias)
    nn.init.normal_(net[10].weight, 0, .01)
    return net


# ---- dense prediction ----

class UNet(nn.Module):
    def __init__(self, widths, norm, up, act=nn.ReLU):
        super().__init__()
        two = lambda i, o: nn.Sequential(conv(i, o, norm=norm, act=act), conv(o, o, norm=norm, act=act))
        self.down = nn.ModuleList(two(i, o) for i, o in zip([3] + widths, widths))
        self.pool = nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode=up, **({} if up == 'nearest' else {'align_corners': False}))
        self.merge = nn.ModuleList(two(i + o, o) for i, o in zip(widths[:0:-1], widths[-2::-1]))
        self.out = nn.Conv2d(widths[0], 2, 1)

    def forward(self, x):
        kept = []
        for i, d in enumerate(self.down):
            x = d(x if not i else self.pool(x))
            kept.append(x)
        for m, k in zip(self.merge, kept[-2::-1]): x = m(torch.cat([self.up(x), k], 1))
        return self.out(x)


class Pyramid(nn.Module):
    """Feature pyramid: lateral 1×1 convolutions, nearest upsampling and sums."""

    def __init__(self, widths=(8, 16, 32)):
        super().__init__()
        self.stages = nn.ModuleList(conv(i, o, 3, 2, norm=nn.BatchNorm2d) for i, o in zip((3,) + widths, widths))
        self.lateral = nn.ModuleList(nn.Conv2d(w, 16, 1) for w in widths)
        self.smooth = nn.Conv2d(16, 16, 3, 1, 1)
        self.out = nn.Conv2d(16, 4, 1)

    def forward(self, x):
        xs = []
        for s in self.stages:
            x = s(x)
            xs.append(x)
        y = self.lateral[-1](xs[-1])
        for l, k in zip(self.lateral[-2::-1], xs[-2::-1]): y = l(k) + nn.functional.interpolate(y, scale_factor=2)
        return self.out(torch.relu(self.smooth(y)))


def style_transfer():
    res = lambda: Bypass(nn.Sequential(conv(24, 24, norm=single), conv(24, 24, norm=single, act=None)))
    up = nn.Upsample(scale_factor=2)
    return nn.Sequential(conv(3, 8, 9, norm=single), conv(8, 16, 3, 2, norm=single), conv(16, 24, 3, 2, norm=single), res(), res(), res(),
                         up, conv(24, 16, norm=single), up, conv(16, 8, norm=single), nn.Conv2d(8, 3, 9, 1, 4))


def pix2pix_critic():
    leaky = lambda: nn.LeakyReLU(.2)
    net = nn.Sequential(nn.Conv2d(3, 12, 4, 2, 1), leaky(), nn.Conv2d(12, 24, 4, 2, 1), single(24), leaky(), nn.Conv2d(24, 48, 4, 2, 1), single(48), leaky(),
                        nn.Conv2d(48, 48, 4, 1, 1), single(48), leaky(), nn.Conv2d(48, 1, 4, 1, 1))
    return initialised(net, lambda w: nn.init.normal_(w, 0, .02))


def generator_upsampling():
    leaky = lambda: nn.LeakyReLU(.2)
    return nn.Sequential(nn.Linear(32, 32 * 16), View(32, 4, 4), nn.BatchNorm2d(32), nn.Upsample(scale_factor=2),
                         conv(32, 32, norm=nn.BatchNorm2d, act=leaky), nn.Upsample(scale_factor=2), conv(32, 16, norm=nn.BatchNorm2d, act=leaky),
                         nn.Conv2d(16, 3, 3, 1, 1), nn.Tanh())


def autoencoder():
    act = nn.ELU
    return nn.Sequential(conv(3, 12, 4, 2, act=act, padding=1), conv(12, 24, 4, 2, act=act, padding=1), nn.Flatten(), nn.Linear(24 * 64, 32), nn.Linear(32, 24 * 64), nn.ELU(),
                         View(24, 8, 8), nn.ConvTranspose2d(24, 12, 3, 2, 1, 1), nn.ELU(), nn.ConvTranspose2d(12, 3, 5, 2, 2, 1), nn.Sigmoid())


def super_resolution():
    """EDSR: residual blocks without normalisation, pixel shuffle."""
    res = lambda: Bypass(nn.Sequential(conv(16, 16), conv(16, 16, act=None)))
    return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1), Bypass(nn.Sequential(*[res() for _ in range(6)], nn.Conv2d(16, 16, 3, 1, 1))),
                         nn.Conv2d(16, 64, 3, 1, 1), nn.PixelShuffle(2), nn.Conv2d(16, 3, 3, 1, 1))


# ---- plain and separable ----

def plain(act, depth=12, width=16, norm=None, every=4):
    layers, at = [], 3
    for i in range(depth):
        s = 2 if i and i % every == 0 else 1
        layers.append(conv(at, width, 3, s, norm=norm, act=act))
        at = width
    return nn.Sequential(*layers, *head(at))


def pools(norm=None, width=16):
    """Overlapping max pools, as in AlexNet, between pairs of convolutions."""
    layers, at = [], 3
    for i in range(3):
        layers += [conv(at, width << i, 3, norm=norm), conv(width << i, width << i, 3, norm=norm), nn.MaxPool2d(3, 2)]
        at = width << i
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(at * 9, CLASSES))


def averages():
    """NiN with average pools and a tanh."""
    mlp = lambda i, o, k: nn.Sequential(conv(i, o, k, act=nn.Tanh), conv(o, o, 1, act=nn.Tanh), conv(o, o, 1, act=nn.Tanh))
    return nn.Sequential(mlp(3, 16, 5), nn.AvgPool2d(3, 2, 1), mlp(16, 24, 5), nn.AvgPool2d(3, 2, 1), mlp(24, 32, 3), *head(32))


def dilated():
    layers, at = [], 3
    for d in (1, 1, 2, 4, 8, 1):
        layers.append(conv(at, 16, 3, dilation=d))
        at = 16
    return he(nn.Sequential(*layers, nn.Conv2d(16, 4, 1)))


def mixer(depth=6, width=32):
    """ConvMixer: depthwise 7×7 around a bypass, GELU before BatchNorm."""
    block = lambda: nn.Sequential(Bypass(nn.Sequential(nn.Conv2d(width, width, 7, groups=width, padding=3), nn.GELU(), nn.BatchNorm2d(width))),
                                  nn.Conv2d(width, width, 1), nn.GELU(), nn.BatchNorm2d(width))
    return nn.Sequential(nn.Conv2d(3, width, 4, 4), nn.GELU(), nn.BatchNorm2d(width), *[block() for _ in range(depth)], *head(width))


def separable(act=nn.ReLU6):
    """MobileNet v1."""
    both = lambda i, o, s: nn.Sequential(conv(i, i, 3, s, nn.BatchNorm2d, act, groups=i), conv(i, o, 1, 1, nn.BatchNorm2d, act))
    return nn.Sequential(conv(3, 8, 3, 2, nn.BatchNorm2d, act), both(8, 16, 1), both(16, 32, 2), both(32, 32, 1), both(32, 64, 2), both(64, 64, 1), both(64, 64, 1), *head(64))


class Gated(nn.Module):
    """One dilated, gated residual layer of WaveNet."""

    def __init__(self, c, d):
        super().__init__()
        self.f, self.g, self.o = (nn.Conv1d(c, c, k, dilation=d if k > 1 else 1, padding=d * (k // 2)) for k in (3, 3, 1))

    def forward(self, x): return x + self.o(torch.tanh(self.f(x)) * torch.sigmoid(self.g(x)))


def wave():
    return nn.Sequential(nn.Conv1d(2, 24, 1), *[Gated(24, 1 << i % 4) for i in range(8)], nn.ReLU(), nn.Conv1d(24, 24, 1), nn.ReLU(), nn.Conv1d(24, 4, 1))


def temporal():
    """Temporal convolutions with BatchNorm1d over short sequences, strided."""
    layers, at = [], 4
    for w in (16, 32, 32, 64):
        layers += [nn.Conv1d(at, w, 5, 2, 2), nn.BatchNorm1d(w), nn.ReLU()]
        at = w
    return nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(at, CLASSES))


def regnet_y(se):
    p = regnet.BlockParams.from_init_params(depth=8, w_0=16, w_a=10, w_m=2.0, group_width=8, se_ratio=se)
    return regnet.RegNet(p, num_classes=CLASSES, stem_width=8)


def efficient(width, depth):
    net = efficientnet
    setting = [net.MBConvConfig(e, k, s, i, o, n, width, depth) for e, k, s, i, o, n in
               ((1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3), (6, 5, 1, 80, 112, 3))]
    return net.EfficientNet(setting, .2, 0, num_classes=CLASSES)


def mobile3():
    setting, _ = mobilenetv3._mobilenet_v3_conf('mobilenet_v3_small', width_mult=.35)
    return mobilenetv3.MobileNetV3(setting, 96, num_classes=CLASSES)


# ---- scored once, after the rules were made ----

class Stages(nn.Module):
    """Cross-stage partial: half of the channels goes around, both are concatenated."""

    def __init__(self, i, o):
        super().__init__()
        bn = nn.BatchNorm2d
        self.down, self.left, self.right = conv(i, o, 3, 2, norm=bn), conv(o // 2, o // 2, 3, norm=bn), conv(o // 2, o // 2, 3, norm=bn)
        self.out = conv(o, o, 1, norm=bn)

    def forward(self, x):
        a, b = self.down(x).chunk(2, 1)
        return self.out(torch.cat([a, self.right(self.left(b))], 1))


def link():
    """LinkNet: transposed convolutions, sums with what came from the same size."""
    bn = nn.BatchNorm2d
    up = lambda i, o: nn.Sequential(nn.ConvTranspose2d(i, o, 3, 2, 1, 1, bias=False), bn(o), nn.ReLU())
    inner = Bypass(nn.Sequential(conv(16, 32, 3, 2, norm=bn), conv(32, 32, norm=bn), up(32, 16)))
    return nn.Sequential(conv(3, 16, 3, 2, norm=bn), nn.MaxPool2d(3, 2, 1), inner, up(16, 8), up(8, 8), nn.Conv2d(8, 2, 1))


def pooled_shortcuts():
    """ResNet-D: average pools before the shortcut's convolution, three small kernels as stem."""
    bn = nn.BatchNorm2d
    def block(i, o):
        return nn.Sequential(Branches(nn.Sequential(nn.AvgPool2d(2), conv(i, o, 1, norm=bn, act=None)),
                                      nn.Sequential(conv(i, o, 3, 2, norm=bn), conv(o, o, 3, norm=bn, act=None))), nn.ReLU())
    return he(nn.Sequential(conv(3, 8, 3, 2, norm=bn), conv(8, 8, norm=bn), conv(8, 16, norm=bn), nn.MaxPool2d(3, 2, 1), block(16, 24), block(48, 32), *head(64)))


def parallel_pools():
    """A downsampling of Inception-ResNet: strided convolution beside an overlapping max pool; no normalisation."""
    down = lambda i: Branches(nn.MaxPool2d(3, 2), conv(i, 16, 3, 2, padding=0), nn.Sequential(conv(i, 12, 1), conv(12, 16, 3, 2, padding=0)))
    return he(nn.Sequential(conv(3, 16), down(16), conv(48, 32), down(32), conv(64, 32), *head(32)))


def gelu_pools(): return nn.Sequential(*[m for i, o in ((3, 16), (16, 24), (24, 32)) for m in (conv(i, o, act=nn.GELU), nn.MaxPool2d(3, 2, 1))], *head(32))


def xception():
    bn = nn.BatchNorm2d
    sep = lambda i, o: nn.Sequential(nn.Conv2d(i, i, 3, 1, 1, groups=i, bias=False), nn.Conv2d(i, o, 1, bias=False), bn(o))
    block = lambda i, o: Branches(conv(i, o, 1, 2, norm=bn, act=None), nn.Sequential(nn.ReLU(), sep(i, o), nn.ReLU(), sep(o, o), nn.MaxPool2d(3, 2, 1)))
    return nn.Sequential(conv(3, 8, 3, 2, norm=bn), conv(8, 16, norm=bn), block(16, 24), block(48, 32), nn.ReLU(), *head(64))


IMAGE, SMALL = (8, 3, 64, 64), (8, 3, 32, 32)
NETS = {
    'regnet_x': (lambda: regnet_y(None), IMAGE),
    'regnet_y': (lambda: regnet_y(.25), IMAGE),
    'efficientnet': (lambda: efficient(.25, .5), IMAGE),
    'mobilenetv3': (mobile3, IMAGE),
    'mnasnet': (lambda: mnasnet.MNASNet(.25, CLASSES), IMAGE),
    'shufflenet': (lambda: shufflenetv2.ShuffleNetV2([2, 3, 2], [8, 16, 32, 64, 96], CLASSES), IMAGE),
    'googlenet': (inception, IMAGE),
    'inception_factored': (factored_inception, IMAGE),
    'squeezenet': (squeeze, IMAGE),
    'resnext': (lambda: residual(resnet.Bottleneck, (16, 24, 32), (2, 2, 2), groups=8, base_width=16), IMAGE),
    'wide_resnet': (lambda: residual(resnet.Bottleneck, (8, 16), (2, 2), base_width=128), IMAGE),
    'resnet_gn': (lambda: residual(resnet.BasicBlock, (16, 24, 32), (2, 2, 2), norm=groups), IMAGE),
    'resnet_zero': (lambda: residual(resnet.BasicBlock, (12, 24), (3, 3), pool=False, zero=True), SMALL),
    'resnet_v2': (lambda: pre_activation((12, 16, 24), 4), SMALL),
    'se_resnet_v2': (lambda: pre_activation((12, 16, 24), 3, se=True), SMALL),
    'densenet_g8': (lambda: densenet.DenseNet(8, (3, 5, 4), 16, 2, 0, CLASSES), IMAGE),
    'dense_plain': (lambda: he(nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1), *[Bypass(conv(8 + 6 * i, 6), cat=True) for i in range(8)], *head(56))), SMALL),
    'unet_gn': (lambda: UNet([8, 16, 32], groups, 'nearest', nn.SiLU), SMALL),
    'unet_bilinear': (lambda: UNet([8, 16, 32], nn.BatchNorm2d, 'bilinear'), SMALL),
    'unet_plain': (lambda: UNet([8, 16, 32], None, 'nearest'), SMALL),
    'pyramid': (Pyramid, SMALL),
    'style_transfer': (style_transfer, SMALL),
    'pix2pix_critic': (pix2pix_critic, IMAGE),
    'generator_up': (generator_upsampling, (8, 32)),
    'autoencoder': (autoencoder, SMALL),
    'super_resolution': (super_resolution, (8, 3, 16, 16)),
    'pools_overlap': (pools, SMALL),
    'pools_overlap_he': (lambda: he(pools()), SMALL),
    'pools_overlap_bn': (lambda: pools(nn.BatchNorm2d), SMALL),
    'nin_average': (averages, SMALL),
    'dilated_he': (dilated, SMALL),
    'convmixer': (mixer, SMALL),
    'mobilenetv1': (separable, IMAGE),
    'wavenet': (wave, (8, 2, 64)),
    'temporal': (temporal, (8, 4, 64)),
    'plain_leaky_he': (lambda: he(plain(lambda: nn.LeakyReLU(.1)), 'leaky_relu', .1), SMALL),
    'plain_elu': (lambda: plain(nn.ELU), SMALL),
    'plain_tanh': (lambda: initialised(plain(nn.Tanh, 20), nn.init.xavier_normal_), SMALL),
    'plain_silu_he': (lambda: he(plain(nn.SiLU)), SMALL),
    'plain_hardswish_bn': (lambda: plain(nn.Hardswish, norm=nn.BatchNorm2d), SMALL),
    'plain_bn_deep': (lambda: plain(nn.ReLU, 20, norm=nn.BatchNorm2d, every=7), SMALL),
    'plain_in_leaky': (lambda: plain(lambda: nn.LeakyReLU(.2), 10, norm=single), SMALL),
    'once_csp': (lambda: nn.Sequential(Stages(3, 16), Stages(16, 32), Stages(32, 48), *head(48)), IMAGE),
    'once_link': (link, IMAGE),
    'once_pooled_shortcuts': (pooled_shortcuts, IMAGE),
    'once_parallel_pools': (parallel_pools, SMALL),
    'once_gelu_pools': (gelu_pools, SMALL),
    'once_xception': (xception, IMAGE),
    'once_densenet': (lambda: densenet.DenseNet(6, (4, 4, 6), 12, 4, 0, CLASSES), IMAGE),
    'once_resnet_instance': (lambda: residual(resnet.BasicBlock, (12, 16, 24), (1, 2, 2), norm=single), IMAGE),
}

# Exported in inference mode as well.
EVAL = {'regnet_y', 'efficientnet', 'googlenet', 'squeezenet', 'resnext', 'densenet_g8', 'unet_bilinear', 'resnet_v2', 'mobilenetv1', 'convmixer'}
