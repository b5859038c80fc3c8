"""How the long tables of claims are parted; the rules name the parts, so nothing heavy is imported here."""

ROWS_A_PAGE = 13  # claims in a table that surely fits on a page


def parts_of(claims: int) -> int:
    """How many tables of a page each hold so many claims."""
    return -(-claims // ROWS_A_PAGE)
