"""The layers that are tapped in each architecture, in order of depth; known without loading any network."""

TAPPED_LAYERS: dict[str, list[str]] = {
    "vgg16": [
        f"ReLU{block}{number}" for block, count in enumerate((2, 2, 3, 3, 3), 1) for number in range(1, count + 1)
    ],
    "unet": [
        *(f"{level}-ReLU{number}" for level in ("E1", "E2", "E3", "B") for number in (1, 2)),
        *(f"D{level}-{relu}" for level in (1, 2, 3) for relu in ("UpReLU", "ReLU1", "ReLU2")),
    ],
}

# Of torchvision's networks: label to module name. What is read at a layer is one vector per image.
TAPPED_MODULES: dict[str, dict[str, str]] = {
    "resnet50": {"stem": "maxpool", **{f"stage {number}": f"layer{number}" for number in range(1, 5)}},
    "vision_transformer": {f"layer {number}": f"encoder.layers.encoder_layer_{number - 1}" for number in range(1, 13)},
}


def block_of(layer: str) -> str:
    """The block of a tapped layer: `ReLU32` is of `ReLU3`, `D1-ReLU2` of `D1`."""
    return layer.rpartition("-")[0] or layer[:-1]
