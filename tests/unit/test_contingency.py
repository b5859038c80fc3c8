"""Tables of labels and clusters: by hand and beside scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, confusion_matrix

from topolens.inference.contingency import adjusted_rand, contingency, matched_accuracy


@pytest.mark.parametrize(
    ("labels", "clusters", "expected"),
    [
        ([0, 0, 1, 1], [1, 1, 0, 0], 1.0),
        ([0, 0, 1, 1], [0, 0, 0, 1], 0.75),
        ([0, 0, 1, 1], [0, 0, 0, 0], 0.5),
        ([0, 1, 2], [2, 0, 1], 1.0),
        ([0, 1, 0, 1], [0, 0, 1, 1], 0.5),
    ],
)
def test_matched_accuracy_by_hand(labels, clusters, expected):
    groups = max(*labels, *clusters) + 1
    assert matched_accuracy(contingency(np.array(labels), np.array(clusters), groups)) == expected


def test_contingency_and_adjusted_rand_are_those_of_scikit_learn():
    generator = np.random.default_rng(0)
    labels, clusters = generator.integers(3, size=(2, 40, 17))
    labels[0], clusters[0] = 1, 1  # one group each
    clusters[1] = 2
    counts = contingency(labels, clusters, 3)
    assert counts.shape == (40, 3, 3)
    for own, (true, found_) in zip(counts, zip(labels, clusters, strict=True), strict=True):
        assert (own == confusion_matrix(true, found_, labels=[0, 1, 2])).all()
        assert adjusted_rand(own) == pytest.approx(adjusted_rand_score(true, found_), abs=1e-12)
    assert (adjusted_rand(counts) == [adjusted_rand(own) for own in counts]).all()
