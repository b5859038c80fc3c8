"""`python -m topolens`: the small commands behind the Makefile."""

import argparse
import sys
from pathlib import Path

from topolens.derived_files import write_conda_environment, write_figures_page, write_schemas
from topolens.errors import TopolensError
from topolens.runs import publish, summary, unlock

SCALES = ("smoke", "quick", "full")
FAILED = 3


def main() -> None:
    """Run one command in the current folder."""
    parser = argparse.ArgumentParser(prog="topolens", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("unlock", help="remove the lock of a killed run")
    commands.add_parser("schema", help="write the JSON schemas of the configuration")
    commands.add_parser("conda", help="write environment.yml from requirements.lock")
    commands.add_parser("figures_page", help="write figures/README.md, with what finished runs took")
    for name, told in (
        ("summary", "say where results lie and how long each study took"),
        ("sheet", "put all figures on one sheet, figures/SCALE/sheet.png"),
        ("publish", "write the README's findings, VERDICTS.md and claims.json from the reference"),
    ):
        commands.add_parser(name, help=told).add_argument("scale", choices=SCALES)
    shown = commands.add_parser("exhibit", help="copy the README's figures, paper and a small explorer from a run")
    shown.add_argument("scale", choices=SCALES)
    shown.add_argument("--seed", type=int, default=20, help="of the run")
    verified = commands.add_parser("verify", help="say whether a run agreed: exit 0; 1 differs; 2 cannot be compared")
    verified.add_argument("study", nargs="?", help="one of them; all without")
    verified.add_argument("--results", type=Path, default=Path("results/quick"), help="folder of the run's results")
    golden = commands.add_parser("gold", help="run a scale from several root seeds, tables and claims only")
    golden.add_argument("scale", choices=SCALES)
    golden.add_argument("seeds", nargs="+", type=int)
    referred = commands.add_parser("reference", help="make the reference of a scale from its gold runs")
    referred.add_argument("scale", choices=SCALES)
    referred.add_argument("--seed", type=int, default=20, help="of the run that is published")
    try:
        sys.exit(run(parser.parse_args(), Path.cwd()))
    except TopolensError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(FAILED)


def run(arguments: argparse.Namespace, root: Path) -> int:
    """The exit code of one command."""
    if arguments.command == "summary":
        print(summary(root, arguments.scale))
    elif arguments.command == "sheet":
        from topolens.figures.sheet import write_sheet  # here, since it loads pillow

        folder = root / "figures" / arguments.scale
        print(f"{write_sheet(folder, folder / 'sheet.png')} figures on {folder / 'sheet.png'}")
    elif arguments.command == "publish":
        publish(root, arguments.scale)
    elif arguments.command == "exhibit":
        from topolens.exhibits import exhibit  # here, since it loads pillow

        print("\n".join(map(str, exhibit(root, arguments.scale, arguments.seed))))
    elif arguments.command == "verify":
        from topolens.verification.report import verdict  # here, since it loads pandas

        text, code = verdict(root / arguments.results, arguments.study)
        print(text)
        return code
    elif arguments.command in ("gold", "reference"):
        from topolens.gold_runs import gold, make_reference  # here, since it loads pandas

        if arguments.command == "gold":
            gold(root, arguments.scale, arguments.seeds)
        else:
            print(f"reference of seeds {', '.join(map(str, make_reference(root, arguments.scale, arguments.seed)))}")
    else:
        {
            "unlock": unlock,
            "schema": write_schemas,
            "conda": write_conda_environment,
            "figures_page": write_figures_page,
        }[arguments.command](root)
    return 0


if __name__ == "__main__":
    main()
