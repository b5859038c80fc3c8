"""The report of a run: what people open first."""

from pathlib import Path

from topolens.artifacts import read_json, read_table, write_text
from topolens.claims.model import load_claims
from topolens.claims.publish import published_verdicts
from topolens.claims.verdicts import read_verdicts
from topolens.config.study_files import load_studies
from topolens.report.page import Comparison, report_page


def write_report(
    claims_file: Path,
    table_file: Path,
    record_file: Path,
    page_file: Path,
    *,
    claim_file: Path,
    study_files: list[Path],
    scale: str,
) -> None:
    """One HTML file with every verdict, figure and setting.

    Args:
        claims_file: The table of verdicts.
        table_file, record_file: The comparison with the reference.
        page_file: The page.
        claim_file, study_files, scale: The definitions and settings of the run.
    """
    studies = load_studies(study_files, scale)
    claims = load_claims(claim_file, studies)
    verdicts = published_verdicts(read_verdicts(claims_file), claims, studies, scale)
    # Ends may be infinite or empty, and of words: read as they stand.
    comparison = Comparison(read_table(table_file, dtype=object), read_json(record_file))
    page = report_page(
        verdicts,
        claims,
        studies,
        comparison,
        made=f"This run: {comparison.record['run']}.",
        page_file=page_file,
    )
    write_text(page_file, page)
