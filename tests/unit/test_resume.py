"""Parts that survive a killed run, and the keys that say whether they still count."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from topolens.resume import Parts, content_key


def test_parts_of_another_key_are_dropped_and_those_of_the_same_kept(tmp_path):
    parts = Parts(tmp_path / "x.npz", "one")
    parts.write("a", {"x": np.arange(3)})
    np.testing.assert_array_equal(Parts(tmp_path / "x.npz", "one").read("a")["x"], [0, 1, 2])
    other = Parts(tmp_path / "x.npz", "two")
    assert other.read("a") is None
    assert not other.path("a").exists()
    other.remove()
    assert list(tmp_path.iterdir()) == []


def test_shards_that_start_at_once_keep_each_others_parts(tmp_path):
    for trial in range(50):
        final = tmp_path / f"{trial}.npz"

        def shard(number, final=final):
            Parts(final, "key").write(str(number), {"x": np.array(number)})

        with ThreadPoolExecutor(4) as pool:
            assert len([*pool.map(shard, range(4))]) == 4
        assert [int(Parts(final, "key").read(str(number))["x"]) for number in range(4)] == [0, 1, 2, 3]


def test_content_keys_depend_on_texts_and_on_contents_of_files_not_their_names(tmp_path):
    for name, text in (("a", "same"), ("b", "same"), ("c", "other")):
        (tmp_path / name).write_text(text)
    key = content_key("s", tmp_path / "a")
    assert key == content_key("s", tmp_path / "b")
    assert len({key, content_key("s", tmp_path / "c"), content_key("t", tmp_path / "a")}) == 3
