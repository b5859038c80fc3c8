"""`python -m topolens`: the small commands behind the Makefile."""

import argparse
import sys
from pathlib import Path

from topolens.derived_files import write_conda_environment, write_schemas
from topolens.errors import TopolensError
from topolens.runs import publish, summary, unlock


def main() -> None:
    """Run one command in the current folder."""
    parser = argparse.ArgumentParser(prog="topolens", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("unlock", help="remove the lock of a killed run")
    commands.add_parser("schema", help="write the JSON schemas of the configuration")
    commands.add_parser("conda", help="write environment.yml from requirements.lock")
    for name, told in (
        ("summary", "say where results lie and how long each study took"),
        ("publish", "write results/VERDICTS.md and results/claims.json from the reference verdicts"),
    ):
        commands.add_parser(name, help=told).add_argument("scale", choices=["smoke", "quick", "full"])
    arguments = parser.parse_args()
    root = Path.cwd()
    try:
        if arguments.command == "summary":
            print(summary(root, arguments.scale))
        elif arguments.command == "publish":
            publish(root, arguments.scale)
        else:
            {"unlock": unlock, "schema": write_schemas, "conda": write_conda_environment}[arguments.command](root)
    except TopolensError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
