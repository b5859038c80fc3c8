"""The stages of clouds of images, from made-up clouds to statistics, and the figures drawn from them."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from topolens.artifacts import write_arrays, write_table
from topolens.config.homology import Distance
from topolens.config.study import load_study
from topolens.data.image_set import ImageSet
from topolens.figures import clusters, filtration, metric_diagrams, metric_scores, robustness
from topolens.figures.clusters import best_scale, pooled, stack
from topolens.figures.metric_panels import layer_cloud
from topolens.figures.metric_scores import mean_matrix
from topolens.figures.robustness import conditions_of
from topolens.results import Results
from topolens.stages.diagram_distances import compare_diagrams
from topolens.stages.image_clouds import PERFORMANCE
from topolens.stages.image_diagrams import compute_image_diagrams
from topolens.stages.image_statistics import compute_image_statistics
from topolens.stages.separation import measure_separation
from topolens.topology.clusters import components_at
from topolens.topology.persistence import finite_bars

STUDY = Path(__file__).parents[2] / "workflow" / "config" / "studies" / "metrics.yaml"
CLASSES = [f"class {number}" for number in range(5)]
SIZE, CLOUDS, WIDTH = 20, 4, 6
FIGURES = (
    metric_diagrams.toys, filtration.of_layer, metric_diagrams.draw, metric_scores.matrix, metric_scores.by_depth,
    robustness.draw, clusters.flow, clusters.heatmap,
)  # fmt: skip


def layers_of(settings):
    return [(network, [*layers]) for network, layers in settings.layers_by_network.items()]


def images():
    generator = np.random.default_rng(0)
    targets = np.repeat(np.arange(5, dtype=np.uint8), 30)
    pictures = generator.integers(256, size=(150, 4, 4, 3), dtype=np.uint8)
    split = np.full(150, 2, np.uint8)
    return ImageSet(pictures, targets, split, CLASSES, np.arange(150).astype(str), "made up")


def write_clouds(folder, run, spread):
    """Class clusters that move apart from layer to layer; disturbed clouds are the first with noise."""
    generator = np.random.default_rng(1)
    labels = np.tile(np.arange(5), SIZE * CLOUDS // 5)
    arrays = {"size": np.array(SIZE), "labels": labels, "images": np.arange(len(labels))}
    centres = np.eye(5, WIDTH)
    rows = []
    for network, layers in run.layers_by_network.items():
        for depth, layer in enumerate(layers):
            points = spread * (depth + 0.2) * centres[labels] + generator.normal(scale=0.3, size=(len(labels), WIDTH))
            arrays[f"{network}/{layer}/clean"] = points.astype(np.float32)
            for condition in run.all_conditions[1:]:
                if condition.published or layer == [*layers][-1]:
                    noise = generator.normal(scale=condition.strength or 0, size=(SIZE, WIDTH))
                    arrays[f"{network}/{layer}/{condition.name}"] = (points[:SIZE] + noise).astype(np.float32)
        for condition in run.all_conditions:
            right = (generator.random(50) > (condition.strength or 0) / 200).astype(int)
            rows.append(pd.DataFrame({"image": np.arange(50), "correct": right}).assign(
                network=network, condition=condition.name, kind=condition.kind, strength=condition.strength,
                label="class 0", predicted="class 0", quantised=0.6 * (condition.kind == "int8"),
            ))  # fmt: skip
    write_arrays(folder / "clouds.npz", arrays)
    write_table(folder / "performance.csv", pd.concat(rows)[PERFORMANCE])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("metrics")
    study = load_study(STUDY, "smoke")
    for name, settings in study.runs.items():
        folder = root / name
        folder.mkdir()
        write_clouds(folder, settings, 1.5 if name == "main" else 0.0)
        # Settings travel with sorted keys; nothing may depend on the order of a mapping.
        text = json.dumps([[name, one.model_dump()] for name, one in settings.all_distances.items()], sort_keys=True)
        distances = [(metric, Distance(**one)) for metric, one in json.loads(text)]
        clouds, diagrams = folder / "clouds.npz", folder / "diagrams.npz"
        contents = []
        for threads in (2, 1):  # the second run has to give the same bytes
            compute_image_diagrams(
                clouds, diagrams, distances=distances, other_k=settings.other_k, homology=settings.homology, seed=0,
                threads=threads,
            )  # fmt: skip
            measure_separation(
                clouds, diagrams, folder / "separation.csv", distances=distances, separation=settings.separation,
                seed=0, threads=threads,
            )  # fmt: skip
            contents.append((diagrams.read_bytes(), (folder / "separation.csv").read_bytes()))
        assert contents[0] == contents[1]
        compare_diagrams(diagrams, folder / "diagram_distances.csv", threads=2)
        compute_image_statistics(
            diagrams, folder / "diagram_distances.csv", folder / "performance.csv", folder / "statistics.csv",
            layers=layers_of(settings), intervals=settings.intervals, seed=0, separation_file=folder / "separation.csv",
        )  # fmt: skip
    images().write(root / "main" / "data.npz")
    return Results(root, study, "main")


@pytest.mark.parametrize("draw", FIGURES)
def test_every_figure_draws(run, draw, tmp_path):
    before = dict(plt.rcParams)
    figure = draw(run)
    figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    plt.close(figure)
    assert dict(plt.rcParams) == before  # no package's style stays


def test_the_order_of_layers_and_metrics_survives_the_flow(run):
    clouds = run.diagrams.clouds
    for network, layers in run.config.layers_by_network.items():
        own = clouds[clouds["network"] == network]
        assert [*own["layer"].unique()] == [*layers]
    assert [*clouds["metric"].unique()] == [*run.config.all_distances, "stacked"]


def test_classes_that_move_apart_separate_with_depth_and_shuffled_ones_do_not(run):
    for own, low, high in ((run, 0.9, 1.0), (run.other("random"), 0.0, 0.4)):
        rows = own.table("statistics").query(
            "statistic == 'neighbours' and layer == 'stage 4' and condition == 'clean'"
        )
        assert rows["estimate"].between(low, high).all()
        assert (rows["n"] == CLOUDS).all()


def test_separation_has_a_row_for_each_cloud_under_each_distance(run):
    table, clouds = run.table("separation"), run.diagrams.clouds
    keys = ["network", "layer", "condition", "repeat", "metric"]
    assert table[keys].to_numpy().tolist() == clouds.loc[clouds["is_main"], keys].to_numpy().tolist()
    # The middle of the largest gap between the deaths of components is a scale of that very cloud.
    for number, row in zip(clouds.index[clouds["is_main"]], table.to_dict("records"), strict=True):
        deaths = finite_bars(run.diagrams.diagram(number, 0))[:, 1]
        assert deaths.min() <= row["scale"] <= deaths.max()


def test_a_run_without_separation_has_no_such_rows(run, tmp_path):
    folder = run.folder / "main"
    compute_image_statistics(
        *(folder / name for name in ("diagrams.npz", "diagram_distances.csv", "performance.csv")),
        tmp_path / "statistics.csv", layers=layers_of(run.config), intervals=run.config.intervals, seed=0,
    )  # fmt: skip
    whole, bare = run.table("statistics"), pd.read_csv(tmp_path / "statistics.csv")
    gone = {"ari", "nmi", "best_ari", "best_nmi", "neighbours", "components"}
    gone |= {f"{name}_trend" for name in ("ari", "nmi", "best_ari", "neighbours")}
    assert {*whole["statistic"]} - {*bare["statistic"]} == gone
    assert len(bare) == (~whole["statistic"].isin(gone)).sum()


def test_degree_two_of_the_first_clean_clouds_alone(run):
    clouds = run.diagrams.clouds
    first = (clouds["condition"] == "clean") & (clouds["repeat"] == 0) & (clouds["metric"] != "stacked")
    assert (clouds["degrees"] == np.where(first, 2, 1)).all()


def test_unpublished_strengths_are_seen_at_the_last_layer_alone(run):
    rows = run.diagrams.clouds.query("condition == 'gaussian 0.4'")
    assert set(zip(rows["network"], rows["layer"], strict=True)) == {("ResNet-50", "stage 4"), ("ViT", "norm")}


def test_mean_matrix_is_symmetric_and_holds_pairs_of_clouds_on_its_diagonal(run):
    matrix = mean_matrix(run, "ViT", "bottleneck", 1)
    assert np.array_equal(matrix, matrix.T)
    table = run.table("diagram_distances").query("network == 'ViT' and degree == 1")
    within = table.query("kind == 'paired' and metric == 'cosine'")["bottleneck"].mean()
    between = table.query("metric == 'euclidean' and against == 'cosine'")["bottleneck"].mean()
    assert (matrix[6, 6], matrix[0, 6]) == (pytest.approx(within), pytest.approx(between))


def test_conditions_are_drawn_from_weak_to_strong():
    full = load_study(STUDY, "full").runs["main"]
    own = type("Run", (), {"config": full})
    assert [one.strength for one in conditions_of(own, "gaussian")] == [0.05, 0.1, 0.2, 0.4, 0.8]
    assert [one.strength for one in conditions_of(own, "poisson")] == [400, 100, 30, 10, 3]


def test_the_best_scale_finds_the_classes(run):
    cloud = layer_cloud(run, "ResNet-50")
    distances = cloud.distances(run, "euclidean")
    labels = components_at(distances, best_scale(distances, cloud.classes))
    assert labels.max() == 4


def test_small_components_share_the_last_number():
    assert pooled(np.array([0, 1, 1, 1, 2, 3, 3, 3, 3])).tolist() == [2, 1, 1, 1, 2, 0, 0, 0, 0]


def test_a_column_stacks_groups_from_the_last_up_without_overlap():
    heights = stack(np.array([0, 1, 1, 0]), np.array([1, 0, 1, 0]))
    assert heights.tolist() == pytest.approx([0.755, 0.0, 0.245, 0.51])
