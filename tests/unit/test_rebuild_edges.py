"""Which files are behind the hash of each expensive command: an import is a rebuild edge, so each is wanted here.

A list grows only with a reason: what it costs is that every edit of the new file makes all results of the command anew.
"""

from __future__ import annotations

import time

import pytest
from hat.engines.factory import RUNS_ON, module_of
from hat_workflow.code_hash import SCRIPTS, SPEAKING, code_hash, hashed_files

GROUND = ("hat/__init__.py", "hat/architecture.py", "hat/files.py", "hat/strict_yaml.py", "hat_workflow/__init__.py")
SETTINGS = ("hat_workflow/settings.py",)
ARGUMENTS = ("hat_workflow/arguments/__init__.py",)
ROLLING = ("hat/rolling.py",)
MODEL = ("hat/model/__init__.py", "hat/model/layers.py", "hat/model/transformer.py")
CHECKPOINT = (*MODEL, "hat/model/checkpoint.py", "hat/model/packing.py", "hat/model/tensors.py")
PLUGIN = ("hat_fairseq/__init__.py", "hat_fairseq/corpus.py")
WRAPPER = ("hat_fairseq/models/__init__.py", "hat_fairseq/models/transformer.py")
TRAINING = (
    *(*GROUND, *SETTINGS, *ARGUMENTS, *ROLLING, *CHECKPOINT, *PLUGIN, *WRAPPER),
    "hat/parallel.py",
    "hat_fairseq/memory.py",
    "hat_fairseq/saving.py",
    "hat_fairseq/tasks/__init__.py",
    "hat_fairseq/tasks/translation.py",
    "hat_fairseq/training.py",
    "hat_workflow/arguments/training.py",
)
RIVALS = (
    "hat_fairseq/rivals/__init__.py",
    "hat_fairseq/rivals/convolutions.py",
    "hat_fairseq/rivals/evolved.py",
    "hat_fairseq/rivals/families.py",
    "hat_fairseq/rivals/levenshtein.py",
    "hat_fairseq/rivals/lite.py",
    "hat_fairseq/rivals/shared.py",
)
INHERITED = (*CHECKPOINT, *PLUGIN, "hat_fairseq/inherited.py", "hat_fairseq/memory.py")
TRANSLATING = (
    *(*GROUND, *ARGUMENTS, *CHECKPOINT, *PLUGIN, *WRAPPER),
    "hat/text/__init__.py",
    "hat/text/subwords.py",
    "hat_fairseq/generation.py",
    "hat_workflow/arguments/translating.py",
)
MEASURING = (
    *(*GROUND, *SETTINGS, *ARGUMENTS),
    "hat_workflow/timed_where.py",
    "hat/engines/__init__.py",
    "hat/engines/factory.py",
    "hat/engines/interface.py",
    "hat/latency/__init__.py",
    "hat/latency/busy.py",
    "hat/latency/device_signature.py",
    "hat/latency/doubt.py",
    "hat/latency/protocol.py",
    "hat/latency/signature.py",
    "hat/latency/trimmed_mean.py",
    "hat_workflow/arguments/timing.py",
)
GRAPHS = (
    *GROUND[:-1],
    "hat/engines/__init__.py",
    "hat/engines/embeddings.py",
    "hat/engines/graph_engine.py",
    "hat/engines/graph_runtime.py",
    "hat/engines/graphs.py",
    "hat/engines/interface.py",
    "hat/engines/pages.py",
    "hat/engines/quantised.py",
    "hat/engines/weights.py",
)
ENGINES = {
    "litert": (*GRAPHS, "hat/engines/litert.py", "hat/engines/tflite.py"),
    "onnxruntime": (*GRAPHS, "hat/engines/onnxruntime.py", "hat/engines/onnx_file.py"),
    "torch_eager": (
        *(*GROUND[:-1], *MODEL),
        "hat/engines/__init__.py",
        "hat/engines/interface.py",
        "hat/engines/torch_eager.py",
    ),
}
"""What is behind the latencies of an engine besides the command that times it."""
SEARCH = (
    "hat/budgets.py",
    "hat/search/__init__.py",
    "hat/search/evolution.py",
    "hat/search/reach.py",
    "hat/search/tables.py",
)

FILES: dict[str, tuple[str, ...]] = {
    "train_supertransformer": TRAINING,
    "train_model": TRAINING,
    "distil_model": (*TRAINING, "hat_fairseq/distillation.py"),
    "train_rival": (*TRAINING, *RIVALS, "hat_fairseq/rivals/training.py"),
    "extract_model": (*GROUND, *INHERITED, "hat/interop/__init__.py", "hat/interop/architectures.py"),
    "measure_anchor": (*MEASURING, "hat/latency/anchor.py"),
    "collect_latency": (
        *(*MEASURING, *ROLLING),
        "hat/features.py",
        "hat/latency/choosing.py",
        "hat/latency/collection.py",
        "hat/latency/samples.py",
    ),
    "measure_model": MEASURING,
    "confirm_subtransformer": (*MEASURING, *SEARCH, "hat/search/confirmation.py"),
    "search_subtransformer": (
        *(*GROUND, *SETTINGS, *ARGUMENTS, *ROLLING, *INHERITED, *SEARCH),
        "hat/features.py",
        "hat/predictor/__init__.py",
        "hat/predictor/model.py",
        "hat/cost.py",
        "hat/search/limits.py",
        "hat/search/memo.py",
        "hat_workflow/arguments/inheriting.py",
        "hat_workflow/arguments/identity.py",
        "hat_workflow/arguments/searching.py",
    ),
    "translate_model": TRANSLATING,
    "translate_rival": (*TRANSLATING, *RIVALS, "hat_fairseq/rivals/refinement.py"),
}
"""Besides the command itself."""


@pytest.mark.parametrize("command", FILES)
def test_each_expensive_command_is_hashed_with_these_files_alone(command: str) -> None:
    expected, found = {f"{command}.py", *FILES[command]}, set(hashed_files(command))
    new, lost = sorted(found - expected), sorted(expected - found)
    told = [f"{command} now imports {path}: each edit of it makes all its results anew" for path in new]
    told += [f"{command} imports {path} no longer: take it off this list" for path in lost]
    assert not told, "\n".join(told)


def test_the_loss_of_a_subtransformer_does_not_depend_on_the_search() -> None:
    assert hashed_files("hat_fairseq.inherited") == sorted({*GROUND, *INHERITED} - {"hat_workflow/__init__.py"})


def test_a_latency_does_not_depend_on_what_asks_for_it() -> None:
    rooms = {path.rsplit("/", 1)[0] for path in hashed_files("hat.latency.protocol")}
    assert rooms == {"hat", "hat/engines", "hat/latency"}


def test_a_latency_depends_on_the_engine_of_its_device_alone() -> None:
    assert set(RUNS_ON) == set(ENGINES)
    for engine, files in ENGINES.items():
        assert hashed_files(module_of(engine)) == sorted(files)


def test_only_the_measuring_of_rivals_depends_on_how_they_are_timed_and_counted() -> None:
    measuring = {"hat_fairseq/rivals/counting.py", "hat_fairseq/rivals/timing.py"}
    assert measuring <= set(hashed_files("measure_rival"))
    commands = {path.stem for path in SCRIPTS.glob("*.py")} - {"measure_rival"}
    assert not [command for command in commands if measuring & set(hashed_files(command))]


def test_no_hash_has_what_only_speaks() -> None:
    for command in (path.stem for path in SCRIPTS.glob("*.py")):
        assert not set(SPEAKING) & set(hashed_files(command)), command


def test_hashing_every_command_is_fast() -> None:
    """With syntax trees at hand, as for all rules after the first that share their modules."""
    commands = [path.stem for path in SCRIPTS.glob("*.py")]
    for command in commands:
        code_hash(command)
    started = time.process_time()
    for command in commands:
        code_hash(command)
    assert time.process_time() - started < 0.5
