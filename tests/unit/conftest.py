"""Finished tiny runs that several files of tests look at. Tests must leave them as they are."""

from pathlib import Path

import mapper_run
import pytest
import rings_run
import sample_run


@pytest.fixture(scope="session")
def samples_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of clouds of samples."""
    return sample_run.finish(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def rings_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of layers."""
    return rings_run.finish(tmp_path_factory.mktemp("rings"))


@pytest.fixture(scope="session")
def mapper_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of Mapper graphs and feature pictures."""
    return mapper_run.finish(tmp_path_factory.mktemp("mapper"))
