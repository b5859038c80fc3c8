"""Runs one stage: the rule's inputs, outputs and settings become the arguments of a plain function."""

import os
import sys

from topolens.processor import pins

# A stage whose networks are trained from nothing starts again with its arithmetic pinned, whatever the environment:
# it has to be before numpy and torch are loaded.
wanted = pins() if snakemake.params.get("pinned") else {}
if any(os.environ.get(name) != value for name, value in wanted.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | wanted)

import inspect
import json
from importlib import import_module

from pydantic import validate_call
from threadpoolctl import threadpool_limits

from topolens.errors import TopolensError
from topolens.provenance import recorded

module, _, name = snakemake.params.stage.rpartition(".")
function = getattr(import_module(f"topolens.stages.{module}"), name)
inputs = dict(snakemake.input.items())
outputs = dict(snakemake.output.items())
provenance = outputs.pop("provenance")
arguments = inputs | outputs | json.loads(snakemake.params.settings)
if "threads" in inspect.signature(function).parameters:
    arguments["threads"] = snakemake.config["threads"]
# One thread for each matrix product: parallelism is across clouds and networks, and changes no result.
try:
    with (
        threadpool_limits(1),
        recorded(
            provenance,
            snakemake.params.stage,
            snakemake.params.settings,
            inputs,
            outputs,
            code=snakemake.params.get("code", ""),
            pinned=bool(snakemake.params.get("pinned")),
        ),
    ):
        validate_call(function)(**arguments)
except TopolensError as error:
    sys.exit(f"error: {error}")
