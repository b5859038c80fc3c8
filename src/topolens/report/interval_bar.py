"""An estimate, its interval and the region where its rule holds, as a small drawing."""

import math

from markupsafe import Markup

from topolens.claims.model import Rule

WIDTH, HEIGHT, EDGE = 176, 20, 8  # units of the drawing; the edge leaves room for a point at either end


def interval_bar(estimate: float | None, interval: tuple[float | None, float | None], rule: Rule) -> Markup:
    """SVG in the colour of the text around it, shaded where the rule holds; empty without an estimate.

    The axis runs over the estimate, the known ends and the bounds. An open end runs to the border.
    """
    if estimate is None:
        return Markup("")
    low, high = interval
    bounds = [bound for bound in (rule.above, rule.below) if bound is not None]
    known = [value for value in (estimate, low, high, *bounds) if value is not None]
    first, last = min(known), max(known)
    reach = last - first or max(abs(first), 1.0)

    def place(value: float | None, otherwise: float) -> float:
        if value is None or math.isinf(value):
            return otherwise
        return EDGE + (value - first) / reach * (WIDTH - 2 * EDGE)

    start, end = place(rule.above, 0), place(rule.below, WIDTH)
    middle = HEIGHT / 2
    parts = [f'<rect class="holds" x="{start:.1f}" y="0" width="{max(end - start, 1):.1f}" height="{HEIGHT}"/>']
    parts += [
        f'<line class="bound" x1="{place(bound, 0):.1f}" x2="{place(bound, 0):.1f}" y1="0" y2="{HEIGHT}"/>'
        for bound in bounds
    ]
    if interval != (None, None):
        ends = f'x1="{place(low, 0):.1f}" x2="{place(high, WIDTH):.1f}"'
        parts.append(f'<line class="interval" {ends} y1="{middle:g}" y2="{middle:g}"/>')
    parts.append(f'<circle class="estimate" cx="{place(estimate, 0):.1f}" cy="{middle:g}" r="5"/>')
    return Markup(
        f'<svg class="bar" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-hidden="true">{"".join(parts)}</svg>'
    )
