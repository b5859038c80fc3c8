"""Explanations beside landscapes: attributions, Mapper graphs, projections."""
