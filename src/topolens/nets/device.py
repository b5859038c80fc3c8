"""On which device networks of images run: by its name in torch, or the best there is."""

import torch

from topolens import processor
from topolens.errors import TopolensError

AUTO = "auto"


def find_device(name: str) -> torch.device:
    """A device that answers; float32 means float32 on it.

    Args:
        name: `auto`, a GPU where torch finds one and else the processor, or any name that torch knows: `cpu`, `cuda`,
            `cuda:1`, `mps`.

    Raises:
        TopolensError: torch does not know the name, or no such device answers.
    """
    if name == AUTO:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0][:200]
        raise TopolensError(
            f"device: expected auto or a device that torch can use here, such as cpu or cuda, found {name!r} ({reason})"
        ) from error
    if device.type == "cuda":
        # TensorFloat-32 would keep ten bits of each factor, and the fastest algorithms do not repeat themselves.
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.deterministic = True
    return device


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 by itself."""
    if device.type == "cpu":
        return processor.has_bfloat16()
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def described(device: torch.device) -> str:
    """The device and what it sits in, in words."""
    if device.type == "cpu":
        return processor.hardware()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return f"{name} in {processor.hardware()}"
