"""The figures that studies can name, and the artifacts each is drawn from."""

# Artifact names as in a run's folder; data and networks may belong to another run with equal settings.
FIGURE_INPUTS: dict[str, tuple[str, ...]] = {
    "data_boundary": ("data.npz", "networks.safetensors"),
    "filtration": (),
    "landscape_grid": ("landscapes.npz",),
    "complexity_by_layer": ("statistics.csv",),
    "complexity_by_threshold": ("statistics.csv",),
    "diagrams": ("diagrams.npz",),
    "components": ("diagrams.npz", "components.csv"),
    "training": ("networks.safetensors", "networks.json"),
    "contact_sheet": ("images.npz",),
    "architecture": ("images.npz",),
    "image_training": ("checkpoints",),
    "confusion": ("statistics.csv",),
    "segmentation": ("images.npz", "performance.csv", "checkpoints"),
    "scores": ("statistics.csv",),
    "latent_grid": ("landscapes.npz",),
    "latent_complexity": ("statistics.csv", "random:statistics.csv", "constant:statistics.csv"),
    "latent_clusters": ("landscapes.npz", "statistics.csv"),
    "latent_tests": ("statistics.csv",),
    "upconvolution": ("statistics.csv",),
    "score_against_complexity": ("performance.csv", "complexity.csv"),
}
