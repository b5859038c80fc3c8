"""What the sections of a run must have in common; each check raises a ValueError that says key, expected and found."""

from collections.abc import Iterable

from topolens.config.architectures import TAPPED_LAYERS, TAPPED_MODULES
from topolens.config.clouds import ALL
from topolens.config.networks import PERCEPTRONS
from topolens.config.sections import EXPLANATIONS, KINDS, Sections
from topolens.config.training import PerceptronTraining


def check_run(run: Sections) -> None:
    """Refuse settings that do not fit together.

    Raises:
        ValueError: with key, what was expected and found.
    """
    _sections(run)
    _names(run)
    _networks(run)
    _training(run)
    _distances(run)
    {"samples": _samples, "positions": _positions, "images": _images, "layers": _layers}[run.kind](run)


def _listed(names: Iterable[object]) -> str:
    return ", ".join(map(str, names)) or "none"


def _sections(run: Sections) -> None:
    """Each section has the kind of clouds, and the other sections, that it needs."""
    for name in run.sections():
        if run.kind not in KINDS[name]:
            found = f"of: {run.kind}" if run.clouds else "none"
            raise ValueError(f"{name}: expected clouds of {' or '.join(KINDS[name])}, found {found}; set {name}: null")
    for name, needed in (("samples", "landscapes"), ("positions", "landscapes"), ("layers", "betti")):
        if run.kind == name and getattr(run, needed) is None:
            raise ValueError(f"{needed}: expected a section, since clouds are of {name}; found none")
    if run.feature_pictures and not run.mapper:
        raise ValueError("feature_pictures: expected a section mapper, whose nodes they show; found none")
    explained = [name for name in EXPLANATIONS if getattr(run, name) is not None]
    if explained and run.weights == "random":
        raise ValueError(f"{_listed(explained)}: expected trained networks, found weights: random; set them to null")


def _names(run: Sections) -> None:
    for key, values in (
        ("networks: the names", [network.name for network in run.networks]),
        ("data: the labels", [one.called for one in run.data]),
        ("seeds", run.seeds),
    ):
        if len({*values}) < len(values):
            raise ValueError(f"{key} must differ, found {values}")


def _networks(run: Sections) -> None:
    """Perceptrons see samples, other networks images; never both."""
    of_images = run.kind in ("positions", "images")
    for network in run.networks:
        if (network.architecture == PERCEPTRONS) == of_images:
            expected = "a network of images" if of_images else f"architecture: {PERCEPTRONS}"
            raise ValueError(
                f"networks: {network.name}: expected {expected} for clouds of {run.kind}, found {network.architecture}"
            )
    for one in run.data:
        if one.are_images != of_images:
            raise ValueError(f"data: {one.name} has {'images' if one.are_images else 'samples'}: not for {run.kind}")
    if not of_images and run.weights != "train":
        raise ValueError(f"weights: perceptrons are always trained, found {run.weights}; set train")
    if run.kind != "layers" and len(run.data) > 1:
        raise ValueError(f"data: expected one data set for clouds of {run.kind}, found {len(run.data)}")


def _training(run: Sections) -> None:
    """A training of the right kind for each network."""
    perceptrons = run.kind in ("samples", "layers")
    wanted = [one.called for one in run.data] if perceptrons else [network.name for network in run.networks]
    found = run.training if isinstance(run.training, dict) else dict.fromkeys(wanted, run.training)
    if {*found} != {*wanted}:
        raise ValueError(f"training: expected one for each of {_listed(wanted)}, found {_listed(found)}")
    for name, training in found.items():
        if isinstance(training, PerceptronTraining) != perceptrons:
            raise ValueError(f"training: {name}: expected {'max_epochs' if perceptrons else 'epochs'}, found the other")


def _distances(run: Sections) -> None:
    """One distance for each layer, or several of clouds of images; with fewer neighbours than points."""
    which = [own.layers for own in run.distances]
    if run.kind == "images":
        if {*which} != {"all"}:
            raise ValueError(f"distances: of clouds of images they are for layers: all, found {_listed(which)}")
        names = [one.name for own in run.distances for one in own.all]
        if len({*names}) < len(names):
            raise ValueError(f"distances must differ, found {names}")
    elif (which != ["all"] and sorted(which) != ["hidden", "output"]) or any(len(own.all) > 1 for own in run.distances):
        raise ValueError(
            f"distances: expected one for layers: all, or one for hidden and one for output, found {_listed(which)}"
        )
    if run.points is None:
        return
    for place, own in enumerate(run.distances):
        for one in own.all:
            one.check_neighbours(run.points, f"distances.{place}")
        for k in own.other_k:
            if k >= run.points:
                raise ValueError(
                    f"distances.{place}.other_k: expected 1 to {run.points - 1} for clouds of {run.points} points, "
                    f"found {k}"
                )
    if run.separation and run.separation.neighbours >= run.points:
        raise ValueError(
            f"separation.neighbours: expected 1 to {run.points - 1} for clouds of {run.points} images, "
            f"found {run.separation.neighbours}"
        )


def _samples(run: Sections) -> None:
    if len(run.families) > 1 or len(run.perceptrons.activations) > 1:
        raise ValueError("networks: expected one family with one activation for clouds of samples")
    too_high = [layer for layer in run.sample_clouds.layers or [] if layer > run.output_layer]
    if too_high:
        raise ValueError(f"clouds.layers {too_high}: the networks have layers 0 to {run.output_layer}")
    assert run.landscapes is not None
    if isinstance(run.landscapes.grid, str):
        raise ValueError(f"landscapes.grid: expected stop and step for clouds of samples, found {run.landscapes.grid}")
    if run.landscapes.degree is not None:
        raise ValueError(f"landscapes.degree: clouds of samples have all, found {run.landscapes.degree}; set null")


def _positions(run: Sections) -> None:
    clouds, architectures = run.position_clouds, {network.architecture for network in run.image_networks}
    if len({*clouds.groups}) < len(clouds.groups):
        raise ValueError(f"clouds.groups must differ, found {clouds.groups}")
    if len(architectures) > 1:
        raise ValueError("networks: all must have one architecture, so that their layers can be compared")
    (architecture,) = architectures
    tapped = TAPPED_LAYERS.get(architecture, [])
    if not tapped and not isinstance(clouds.layers, dict):
        raise ValueError(f"clouds.layers: expected label to module name for {architecture}, found none")
    if isinstance(clouds.layers, list) and (wrong := [layer for layer in clouds.layers if layer not in tapped]):
        raise ValueError(f"clouds.layers {wrong}: valid are {_listed(tapped)}")
    assert run.landscapes is not None
    degree = run.landscapes.degree
    if degree is None or degree > run.homology.max_degree:
        raise ValueError(
            f"landscapes.degree: expected 0 to homology.max_degree {run.homology.max_degree}, found {degree}"
        )
    if not isinstance(run.landscapes.grid, str):
        raise ValueError("landscapes.grid: expected width or refitted for clouds of positions, found start and stop")
    _looked_at(run)


def _looked_at(run: Sections) -> None:
    """Analyses name layers and networks that there are, and classes where there are any."""
    names = [network.name for network in run.networks]
    for key, wanted, there in (
        ("clusters.layers", run.clusters.layers if run.clusters else [], run.layers),
        ("attributions.layers", (run.attributions and run.attributions.layers) or [], run.layers),
        ("attributions.networks", (run.attributions and run.attributions.networks) or [], names),
        ("mapper.layers", run.mapper_layers, run.layers),
    ):
        if wrong := [name for name in wanted if name not in there]:
            raise ValueError(f"{key}: expected some of {_listed(there)}, found {_listed(wrong)}")
    if run.mapper_layers != (ordered := [layer for layer in run.layers if layer in run.mapper_layers]):
        raise ValueError(f"mapper.layers: expected order of depth {ordered}, found {run.mapper_layers}")
    if run.image_networks[0].architecture == "unet" and (run.mapper or run.planes):
        raise ValueError(f"mapper, planes: images of {run.data_set.name!r} have masks, no classes; set null")
    classes = [group for group in run.position_clouds.groups if group != ALL]
    if run.planes and len(classes) < 2:
        raise ValueError(f"planes: expected clouds.groups with two classes, found {_listed(classes)}; set planes: null")


def _images(run: Sections) -> None:
    if len(run.seeds) > 1:
        raise ValueError(f"seeds: expected one for clouds of images, found {run.seeds}")
    names = [network.name for network in run.networks]
    if wrong := [name for name in run.image_clouds.layers if name not in names]:
        raise ValueError(f"clouds.layers: {_listed(wrong)}: the networks are {_listed(names)}")
    for network in run.image_networks:
        if network.name not in run.image_clouds.layers and network.architecture not in TAPPED_MODULES:
            raise ValueError(
                f"clouds.layers: none for network {network.name}; only {_listed(TAPPED_MODULES)} have their own"
            )
    if run.untrained and not run.separation:
        raise ValueError("untrained: expected a section separation, whose vote they are ranked by; found none")
    clouds = run.image_clouds.repeats + 1
    if run.untrained and run.untrained.clouds > clouds:
        raise ValueError(f"untrained.clouds: expected 1 to {clouds}, found {run.untrained.clouds}")
    if run.evaluated_per_class < run.image_clouds.images_per_class:
        raise ValueError("conditions.images_per_class must not be below clouds.images_per_class")


def _layers(run: Sections) -> None:
    """Betti numbers are counted on every data set, by families of different depths."""
    sets = [one.called for one in run.data]
    for family in run.families:
        if family.data not in sets and (family.data is not None or len(sets) > 1):
            raise ValueError(f"networks: {family.name}.data: no data set {family.data!r}; there are {_listed(sets)}")
    shapes = [(family.data, family.depth) for family in run.families]
    if twice := sorted({shape for shape in shapes if shapes.count(shape) > 1}, key=str):
        raise ValueError(f"networks: more than one of data set and depth {twice}")
    assert run.betti is not None
    seen = {family.data or sets[0] for family in run.families}
    for key, found in (("betti.counted", {*run.betti.counted}), ("networks", seen)):
        if found != {*sets}:
            raise ValueError(f"{key}: one for each of {_listed(sets)} expected, found {_listed(sorted(found))}")
