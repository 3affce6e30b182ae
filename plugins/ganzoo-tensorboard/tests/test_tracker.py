"""What TensorBoard reads from a run."""

import numpy as np
import pytest
from ganzoo_tensorboard.tracker import TensorBoard
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import ganzoo

RUN = {
    "spec": "mlp+bce@ring8", "id": "0123456789ab", "seed": 0, "budget": 640, "done": 0, "chosen": {}, "engine": {},
    "parameters": {"g": 1}, "settings": {"lr": 1e-3}, "setting_sources": {"lr": "dataset ring8"}, "warnings": [],
}  # fmt: skip


def read(folder):
    return EventAccumulator(str(folder), size_guidance={"images": 0, "scalars": 0}).Reload()


def steps(events, tag):
    return [event.step for event in events.Scalars(tag)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    return ganzoo.run("mlp:width=8+bce+r1@ring8", steps=40, out=out, device="cpu", trackers=[TensorBoard()])


@pytest.fixture(scope="module")
def events(run):
    return read(run.path / "tensorboard")


def test_losses_and_metrics_are_scalars_over_images(run, events):
    tags = events.Tags()["scalars"]
    assert {"losses/d/bce", "losses/d/r1", "losses/g/bce", "speed/images_per_core_second"} <= {*tags}
    known = {key: value for key, value in run.result.metrics.items() if value is not None}
    assert known
    for key, value in known.items():
        last = events.Scalars(f"metrics/{key}")[-1]
        assert (last.step, last.value) == (run.result.budget.images, pytest.approx(value))
    assert all(f"metrics/{key}" not in tags for key in run.result.metrics.keys() - known)


def test_grids_are_images(run, events):
    images = events.Images("samples")
    assert [image.step for image in images] == sorted(int(path.stem) for path in (run.path / "samples").glob("*.png"))


def test_the_recipe_is_text_and_parameters(run, events):
    (text,) = events.Tensors("recipe/text_summary")
    assert run.recipe.spec.encode() in text.tensor_proto.string_val[0]
    hyperparameters = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    assert b"batch" in hyperparameters
    assert run.recipe.spec.encode() in hyperparameters


def test_an_extended_run_continues_its_curves(tmp_path):
    for budget in (20, 30):
        ganzoo.run("mlp:width=8+bce@ring8", steps=budget, out=tmp_path, device="cpu", settings={"decay": "none"},
                   trackers=[TensorBoard()])  # fmt: skip
    events = read(tmp_path / "tensorboard")
    for tag in events.Tags()["scalars"]:
        assert steps(events, tag) == sorted({*steps(events, tag)}), tag
    assert steps(events, "losses/d/bce")[-1] == 30 * 256


def test_a_resumed_run_has_no_step_twice(tmp_path):
    for done, logged in ((0, (64, 128, 192)), (128, (192, 256))):
        tracker = TensorBoard()
        tracker.start({**RUN, "path": tmp_path, "done": done})
        for images in logged:
            tracker.losses(images, {"d/bce": images + done, "g/bce": None})
        tracker.writer.close()
    events = read(tmp_path / "tensorboard")
    assert [(e.step, e.value) for e in events.Scalars("losses/d/bce")] == [(64, 64), (128, 128), (192, 320), (256, 384)]
    assert "losses/g/bce" not in events.Tags()["scalars"]


def test_a_run_that_starts_again_hides_earlier_steps(tmp_path):
    for value in (1, 2):
        tracker = TensorBoard()
        tracker.start({**RUN, "path": tmp_path})
        tracker.losses(64, {"d/bce": value})
        tracker.writer.close()
    assert [(e.step, e.value) for e in read(tmp_path / "tensorboard").Scalars("losses/d/bce")] == [(64, 2)]


def test_another_folder_has_a_folder_for_each_run(tmp_path):
    tracker = TensorBoard(folder=tmp_path / "all")
    tracker.start({**RUN, "path": tmp_path / "mlp+bce@ring8" / "0123456789ab-s0"})
    picture = tmp_path / "64.png"
    Image.fromarray(np.zeros((4, 6), np.uint8)).save(picture)
    tracker.image(64, picture)
    tracker.writer.close()
    (image,) = read(tmp_path / "all" / "mlp+bce@ring8" / "0123456789ab-s0").Images("samples")
    assert (image.width, image.height) == (6, 4)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ganzoo.RunError, match="give another"):
        TensorBoard(folder=tmp_path / "file").start({**RUN, "path": tmp_path / "run"})
