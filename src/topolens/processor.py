"""What the processor is and can do: part of where a number comes from, and of how networks are trained."""

import os
import platform
from functools import cache
from pathlib import Path

INFORMATION = Path("/proc/cpuinfo")
# Instruction sets that decide which kernels run, best first, by the flags that Linux gives them.
INSTRUCTION_SETS = {
    "AMX": "amx_tile",
    "AVX512-BF16": "avx512_bf16",
    "AVX512": "avx512f",
    "AVX2": "avx2",
    "AVX": "avx",
    "NEON": "asimd",
}
# Of x86 with vector or matrix units for bfloat16, and of ARM; without one of them bfloat16 is emulated.
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}

# What makes arithmetic the same on all x86 processors with AVX2, where it is set before numpy and torch are loaded:
# kernels of torch (softmax), of MKL, of oneDNN and of OpenBLAS, and the loops of numpy (exp, log, tanh).
PINS = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}
NUMPY_PIN = ("NPY_DISABLE_CPU_FEATURES", "X86_V4 AVX512_ICL AVX512_SPR")  # where there is AVX-512


@cache
def _described() -> dict[str, str]:
    """The first processor's fields in Linux's words; none elsewhere."""
    if not INFORMATION.is_file():
        return {}
    lines = INFORMATION.read_text(encoding="utf-8", errors="replace").split("\n\n")[0].splitlines()
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def flags() -> frozenset[str]:
    """The processor's features by Linux's names; none where Linux is not."""
    return frozenset((_described().get("flags") or _described().get("Features") or "").split())


def model_name() -> str:
    """The processor's name in its maker's words, or its kind."""
    return _described().get("model name") or platform.processor() or platform.machine()


def instruction_set() -> str:
    """The best instruction set for vectors that the processor has; its kind where that is unknown."""
    return next((name for name, flag in INSTRUCTION_SETS.items() if flag in flags()), platform.machine())


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 by itself; elsewhere it is three to four times slower than float32."""
    return bool(BFLOAT16_FLAGS & flags())


def cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def pins() -> dict[str, str]:
    """The variables that pin arithmetic on this processor; none where it has no AVX2."""
    if "avx2" not in flags():
        return {}
    return PINS | (dict([NUMPY_PIN]) if "avx512f" in flags() else {})


def chosen_kernels() -> dict[str, str]:
    """What the environment says of instruction sets, in place of what the processor has."""
    return {name: os.environ[name] for name in sorted({*PINS, NUMPY_PIN[0]}) if name in os.environ}


def hardware() -> str:
    """Processor, number of cores and operating system, in words."""
    return f"{model_name()}, {cores()} cores, {platform.system()} {platform.machine()}"
