"""The models of the published study as one writes them in PyTorch; imported only where PyTorch is installed.

Each is a module whose `forward(x)` is the mean objective of a batch, in nats per example.
"""

from collections.abc import Callable

from torch import nn

from torch_models.draw import Draw
from torch_models.flow import Flow
from torch_models.image_flow import ImageFlow
from torch_models.ladder import LadderVae
from torch_models.vae import Vae

BUILDERS: dict[str, Callable[[], nn.Module]] = {
    "vae-toy": lambda: Vae(2, (128, 128, 128), 4, images=False),
    "lvae-toy": lambda: LadderVae(2, (128, 128, 128), (4, 4, 4), images=False),
    "flow-toy": Flow,
    "vae-images": lambda: Vae(784, (512, 256, 128, 64), 64, images=True),
    "lvae-images": lambda: LadderVae(784, (512, 256, 256), (64, 64, 64), images=True),
    "draw-images": Draw,
    "draw-filterbank": lambda: Draw(attention=True),
    "flow-images": ImageFlow,
}
