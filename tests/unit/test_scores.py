"""Scores of single images, by hand."""

import numpy as np

from topolens.data.image_set import ImageSet
from topolens.nets.images.scores import image_scores, label_scores, mask_scores


def images(targets, classes):
    pictures = np.zeros((len(targets), 2, 2, 3), np.uint8)
    return ImageSet(pictures, targets, np.full(len(targets), 2, np.uint8), classes, np.arange(4).astype(str), "here")


def test_scores_of_masks_by_hand():
    predicted = np.zeros((4, 2, 2), bool)
    truth = np.zeros((4, 2, 2), bool)
    predicted[0], truth[0, 0] = True, True  # all found, the upper half sought
    predicted[1, 0], truth[1, 1] = True, True  # the wrong half
    truth[2, 0, 0] = True  # missed; the last image has neither
    found = mask_scores(predicted, truth)
    np.testing.assert_array_equal(found["iou"], [0.5, 0, 0, 1])
    np.testing.assert_array_equal(found["precision"], [0.5, 0, np.nan, np.nan])
    np.testing.assert_array_equal(found["recall"], [1, 0, 0, np.nan])


def test_scores_of_labels_name_the_classes():
    labelled = images(np.array([1, 0, 2, 1], np.uint8), ["cat", "dog", "ship"])
    found = label_scores(labelled, np.array([3, 0, 2]), np.array([1, 2, 2], np.uint8))
    assert found.to_dict("list") == {
        "image": [3, 0, 2],
        "label": ["dog", "dog", "ship"],
        "predicted": ["dog", "ship", "ship"],
        "correct": [1, 0, 1],
    }
    assert image_scores(labelled, np.array([3, 0, 2]), np.array([1, 2, 2], np.uint8)).equals(found)


def test_masks_are_scored_by_their_last_class():
    targets = np.zeros((4, 2, 2), np.uint8)
    targets[1] = [[2, 2], [1, 0]]
    predicted = np.array([[[2, 1], [0, 0]], [[2, 0], [0, 0]]], np.uint8)
    found = image_scores(images(targets, ["soil", "weed", "row"]), np.array([1, 3]), predicted)
    assert found["image"].tolist() == [1, 3]
    np.testing.assert_array_equal(found[["iou", "precision", "recall"]], [[0.5, 1, 0.5], [0, 0, np.nan]])
