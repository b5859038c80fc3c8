"""How the long tables of claims are parted."""

from topolens.paper.claim_pages import ROWS_A_PAGE, parts_of


def test_long_tables_of_claims_are_parted_by_pages() -> None:
    assert [parts_of(count) for count in (0, 1, ROWS_A_PAGE, ROWS_A_PAGE + 1, 3 * ROWS_A_PAGE)] == [0, 1, 1, 2, 3]
