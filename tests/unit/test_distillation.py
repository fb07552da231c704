"""Fine-tuning and distillation: where weights start from, and what a teacher adds to the loss."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import extract_model
import pytest
import torch
from hat.architecture import DesignSpace
from hat.errors import InputError
from hat.files import read_json
from hat.model.checkpoint import load_checkpoint, save_checkpoint
from hat_fairseq.distillation import TOP, Distillation, soft_loss
from hat_fairseq.inherited import InheritedLoss
from hat_fairseq.training import Training
from hat_workflow import settings

from tests.unit.test_training import training


def test_soft_labels_are_the_teachers_words_with_their_odds() -> None:
    teacher = torch.full((1, 1, 20), -9.0)
    teacher[0, 0, :TOP] = torch.tensor([3.0, 2.0, 1.0, 0.0, -1.0])
    student = torch.randn(1, 1, 20, generator=torch.Generator().manual_seed(2))
    odds = torch.softmax(teacher[0, 0, :TOP], -1)
    expected = -(odds * torch.log_softmax(student[0, 0], -1)[:TOP]).sum()
    assert soft_loss(student, teacher)[0, 0] == pytest.approx(float(expected), rel=1e-6)
    assert float(soft_loss(teacher, teacher)) < float(soft_loss(student, teacher))


@pytest.fixture(scope="module")
def trained(tiny_corpus: Path, tiny_space: DesignSpace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the SuperTransformer after a short training."""
    folder = tmp_path_factory.mktemp("trained")
    work = training(tiny_corpus, tiny_space)
    model, facts = work.run(folder)
    work.save(folder / "super.pt", model, facts)
    return folder / "super.pt"


def of_largest(corpus: Path, space: DesignSpace, **changes: object) -> Training:
    plain = replace(training(corpus, space, updates=6, validate_every_updates=3, dropout=0.0), space=None)
    return replace(plain, architecture=space.largest, **changes)  # type: ignore[arg-type]


def taught_by(plain: Training, teacher: Path) -> Distillation:
    return Distillation(**{field.name: getattr(plain, field.name) for field in fields(plain)}, teacher=teacher)


def test_fine_tuning_starts_from_what_is_inherited(
    trained: Path, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path
) -> None:
    tiny_space.largest.save(tmp_path / "largest.yaml")
    words = ("--supertransformer", trained, "--architecture", tmp_path / "largest.yaml", "--corpus", tiny_corpus)
    words = (*words, "--task", "tiny", "--model", "inherited")
    outputs = ("--checkpoint", tmp_path / "in.pt", "--architecture-copy", tmp_path / "copy.yaml")
    arguments = (*words, *outputs, "--report", tmp_path / "in.json")
    extract_model.main(extract_model.parser().parse_args([str(word) for word in arguments]))
    loss = InheritedLoss(trained, tiny_corpus)(tiny_space.largest)
    report = read_json(tmp_path / "in.json")
    assert list(report) == ["task", "model", "valid_loss", "label_smoothing"]
    assert report["valid_loss"] == pytest.approx(loss, abs=1e-4)

    scratch, tuned = tmp_path / "scratch", tmp_path / "tuned"
    for folder in (scratch, tuned):
        folder.mkdir()
    cold, _ = of_largest(tiny_corpus, tiny_space).run(scratch)
    started = of_largest(tiny_corpus, tiny_space, initial=tmp_path / "in.pt")
    warm, facts = started.run(tuned)
    inherited, _ = load_checkpoint(tmp_path / "in.pt")

    def distance(model: torch.nn.Module) -> float:
        theirs = dict(inherited.named_parameters())
        return sum(float((weight - theirs[name]).detach().norm()) for name, weight in model.named_parameters())

    assert distance(warm) < distance(cold) / (2 if torch.cuda.is_available() else 4)
    assert facts["best_valid_loss"] < 1.1 * loss
    assert started.fingerprint("code") != of_largest(tiny_corpus, tiny_space).fingerprint("code")


def test_a_teacher_pulls_its_student(trained: Path, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path) -> None:
    teacher, _ = load_checkpoint(trained)
    with torch.no_grad():
        teacher.embeddings.source_table[:, :] = teacher.embeddings.source_table[:, :] * 3
    save_checkpoint(tmp_path / "teacher.pt", teacher)
    alone, taught = tmp_path / "alone", tmp_path / "taught"
    for folder in (alone, taught):
        folder.mkdir()
    without, _ = of_largest(tiny_corpus, tiny_space).run(alone)
    with_teacher, facts = taught_by(of_largest(tiny_corpus, tiny_space), tmp_path / "teacher.pt").run(taught)
    theirs = dict(with_teacher.named_parameters())
    assert set(theirs) == {name for name, _ in without.named_parameters()}  # the teacher is not saved
    assert any(not torch.equal(weight, theirs[name]) for name, weight in without.named_parameters())
    assert 0 < facts["best_valid_loss"] < 10


def test_an_architecture_of_another_space_inherits_nothing(
    trained: Path, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path
) -> None:
    wider = replace(tiny_space.largest, encoder_ffn_dims=tuple(4096 for _ in tiny_space.largest.encoder_ffn_dims))
    wider.save(tmp_path / "wider.yaml")
    words = ("--supertransformer", trained, "--architecture", tmp_path / "wider.yaml", "--corpus", tiny_corpus)
    words = (*words, "--task", "tiny", "--model", "wider")
    outputs = ("--checkpoint", "x.pt", "--architecture-copy", "x.yaml", "--report", "x.json")
    with pytest.raises(InputError, match=r"wider\.yaml: the SubTransformer .* does not fit"):
        extract_model.main(extract_model.parser().parse_args([str(word) for word in (*words, *outputs)]))


def test_fine_tuning_is_a_quarter_unless_the_recipe_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("subtransformer: {updates: 801, warmup_updates: 100, lr: 2e-3}\n")
    assert settings.recipe(path, "finetuning") == settings.recipe(path, "subtransformer") | {
        "updates": 201,
        "warmup_updates": 25,
    }
    path.write_text("subtransformer: {updates: 801}\nfinetuning: {updates: 50, lr: 1e-4}\n")
    found = settings.recipe(path, "finetuning")
    assert (found["updates"], found["warmup_updates"], found["lr"]) == (50, 1000, 1e-4)
