"""What a run took, from made-up provenance."""

import pandas as pd

from topolens.artifacts import write_json
from topolens.verification.compute import compute_table


def test_stages_are_summed_by_study_with_the_memory_of_the_largest_job(tmp_path):
    jobs = {
        "disks/main/a": ("perceptrons.train", 120, 60, 100.0),
        "disks/holes/b": ("perceptrons.train", 30, 30, 300.0),
        "mnist/main/a": ("perceptrons.train", 6, 6, 50.0),
        "claims": ("claims.decide", 3, 3, 20.0),
    }
    for name, (stage, cpu, wall, memory) in jobs.items():
        file = tmp_path / f"{name}.provenance.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, {"stage": stage, "cpu_seconds": cpu, "wall_seconds": wall, "peak_memory_mb": memory})
    expected = [
        ("", "claims.decide", 1, 0.05, 0.05, 20.0),
        ("disks", "perceptrons.train", 2, 2.5, 1.5, 300.0),
        ("mnist", "perceptrons.train", 1, 0.1, 0.1, 50.0),
    ]
    columns = ["study", "stage", "jobs", "cpu_minutes", "wall_minutes", "peak_memory_mb"]
    pd.testing.assert_frame_equal(compute_table(tmp_path, ["disks", "mnist"]), pd.DataFrame(expected, columns=columns))
