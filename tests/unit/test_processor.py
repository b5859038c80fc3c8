"""What is read of a processor: its name, its instruction sets, whether it has bfloat16."""

import platform

import pytest

from topolens import processor

INTEL = """processor : 0
model name\t: Some Xeon
flags\t\t: fpu avx avx2 avx512f avx512_bf16 amx_bf16 amx_tile

processor : 1
model name\t: Another
flags\t\t: fpu
"""


@pytest.fixture
def described(tmp_path, monkeypatch):
    """Stand in for Linux's description of the processor."""

    def describe(text):
        file = tmp_path / "cpuinfo"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setattr(processor, "INFORMATION", file)
        processor._described.cache_clear()

    yield describe
    processor._described.cache_clear()


@pytest.mark.parametrize(
    ("text", "name", "best", "bfloat16"),
    [
        (INTEL, "Some Xeon", "AMX", True),
        (INTEL.replace(" amx_bf16 amx_tile", ""), "Some Xeon", "AVX512-BF16", True),
        ("model name : AMD EPYC\nflags : avx avx2 avx512f\n", "AMD EPYC", "AVX512", False),
        ("model name : Old\nflags : avx avx2\n", "Old", "AVX2", False),
        ("CPU part : 0xd4f\nFeatures : fp asimd bf16\n", platform.processor() or platform.machine(), "NEON", True),
        ("", platform.processor() or platform.machine(), platform.machine(), False),
    ],
)
def test_processors_are_told_by_their_flags(described, monkeypatch, text, name, best, bfloat16):
    described(text)
    assert processor.model_name() == name
    assert processor.instruction_set() == best
    assert bool(processor.BFLOAT16_FLAGS & processor.flags()) == bfloat16


def test_without_a_description_the_kind_of_machine_is_named(described, tmp_path, monkeypatch):
    described("")
    monkeypatch.setattr(processor, "INFORMATION", tmp_path / "nothing")
    processor._described.cache_clear()
    assert processor.flags() == frozenset()
    assert processor.instruction_set() == platform.machine()


def test_the_hardware_has_no_name_of_its_own():
    assert platform.node() not in processor.hardware() or not platform.node()
    assert "cores" in processor.hardware()
