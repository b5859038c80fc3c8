"""U-Net of depth 3 (Ronneberger, Fischer and Brox 2015), with every ReLU a module of its own."""

import torch
from torch import Tensor, nn

from topolens.nets.images.standardise import Standardise

DEPTH = 3


class UNet(nn.Module):
    """Three encoder levels, a bridge, three decoder levels with skip connections.

    The 17 ReLUs are `E1-ReLU1` ... `E3-ReLU2`, `B-ReLU1`, `B-ReLU2`, and per decoder level `D1-UpReLU` (after the
    2 x 2 up-convolution and before the concatenation with the skip), `D1-ReLU1`, `D1-ReLU2`; D1 is the deepest.
    Takes (n, bands, height, width) with sides divisible by 8 and returns (n, classes, height, width) logits.

    Attributes:
        skips: Whether the decoder sees the encoder's maps; when False it sees zeros in their place.
    """

    def __init__(self, bands: int, classes: int, first_filters: int = 64) -> None:
        super().__init__()
        self.skips = True
        widths = [first_filters * 2**level for level in range(DEPTH + 1)]
        self.add_module("Standardise", Standardise(bands))
        for level, (before, width) in enumerate(zip([bands, *widths], widths[:DEPTH], strict=False), start=1):
            self._convolutions(f"E{level}", before, width)
            self.add_module(f"E{level}-Pool", nn.MaxPool2d(2))
        self._convolutions("B", widths[-2], widths[-1])
        for level, width in enumerate(reversed(widths[:DEPTH]), start=1):
            self.add_module(f"D{level}-Up", nn.ConvTranspose2d(2 * width, width, 2, stride=2))
            self.add_module(f"D{level}-UpReLU", nn.ReLU())
            self._convolutions(f"D{level}", 2 * width, width)
        self.add_module("Logits", nn.Conv2d(widths[0], classes, 1))

    def _convolutions(self, level: str, before: int, width: int) -> None:
        for number, channels in ((1, before), (2, width)):
            self.add_module(f"{level}-Conv{number}", nn.Conv2d(channels, width, 3, padding=1, bias=False))
            self.add_module(f"{level}-Norm{number}", nn.BatchNorm2d(width))
            self.add_module(f"{level}-ReLU{number}", nn.ReLU())

    def _run(self, level: str, maps: Tensor) -> Tensor:
        for number in (1, 2):
            for kind in ("Conv", "Norm", "ReLU"):
                maps = self.get_submodule(f"{level}-{kind}{number}")(maps)
        return maps

    def forward(self, bands: Tensor) -> Tensor:
        """Logits of every pixel."""
        return self._decode(*self._encode(bands), self.skips)

    def with_and_without_skips(self, bands: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of every pixel, twice; the encoder runs once."""
        encoded = self._encode(bands)
        return self._decode(*encoded, True), self._decode(*encoded, False)

    def _encode(self, bands: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The bridge's maps, and those of the levels before, deepest last."""
        maps = self.get_submodule("Standardise")(bands)
        skips = []
        for level in range(1, DEPTH + 1):
            maps = self._run(f"E{level}", maps)
            skips.append(maps)
            maps = self.get_submodule(f"E{level}-Pool")(maps)
        return self._run("B", maps), skips

    def _decode(self, maps: Tensor, encoded: list[Tensor], skips: bool) -> Tensor:
        for level, skip in enumerate(reversed(encoded), start=1):
            maps = self.get_submodule(f"D{level}-UpReLU")(self.get_submodule(f"D{level}-Up")(maps))
            maps = self._run(f"D{level}", torch.cat([skip if skips else torch.zeros_like(skip), maps], dim=1))
        logits: Tensor = self.get_submodule("Logits")(maps)
        return logits
