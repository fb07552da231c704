"""The Evolved, the Lite and the Levenshtein Transformer: their sizes, their steps, their trainings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fairseq import tasks
from hat.architecture import DesignSpace
from hat.baselines import ordinary_transformer
from hat.cost import count_flops
from hat.engines.interface import Device
from hat.errors import InputError
from hat.files import read_json
from hat.latency.protocol import Bench, Protocol, Workload
from hat.model.checkpoint import load_checkpoint, save_checkpoint
from hat.model.transformer import Transformer
from hat_fairseq.generation import translate
from hat_fairseq.rivals import refinement
from hat_fairseq.rivals.convolutions import DynamicConvolution, SeparableConvolution
from hat_fairseq.rivals.counting import PUBLISHED_ITERATIONS, cost, counted, flops, refinement_flops
from hat_fairseq.rivals.families import FAMILIES, load_rival
from hat_fairseq.rivals.timing import measure
from hat_fairseq.rivals.training import RivalTraining
from torch import nn

from tests.unit.test_training import RECIPE

SMALL = ordinary_transformer(embed_dim=32, encoder_layers=3, decoder_layers=3, ffn_ratio=2, head_dim=8)
STEPPING = ("evolved", "lite")


def made(family: str, embed_dim: int = 0, ffn_ratio: int = 4, head_dim: int = 64, **facts: object) -> nn.Module:
    size = {"embed_dim": embed_dim, "encoder_layers": 6, "decoder_layers": 6, "ffn_ratio": ffn_ratio}
    architecture = ordinary_transformer(**size, head_dim=head_dim) if embed_dim else SMALL
    vocabularies = {"source_vocabulary": 40, "target_vocabulary": 40, "share_embeddings": True, "padding_index": 1}
    torch.manual_seed(5)
    maker = FAMILIES.get(family, Transformer)
    model: nn.Module = maker(architecture, **(vocabularies | facts))
    return model.eval()


@pytest.mark.parametrize(
    ("family", "embed_dim", "published_m"),
    [("evolved", 512, 47.0), ("lite", 200, 2.9), ("lite", 496, 17.3)],
)
def test_parameters_are_those_that_papers_state(family: str, embed_dim: int, published_m: float) -> None:
    """HAT's Table 2 for the Evolved Transformer; the Lite Transformer's own paper for the other."""
    model = made(family, embed_dim, ffn_ratio=1 if family == "lite" else 4, head_dim=embed_dim // 8)
    assert round(counted(model) / 1e6, 1) in (published_m, round(published_m + 0.1, 1))


def test_flops_are_those_of_the_paper_and_of_the_closed_form() -> None:
    assert flops(made("evolved", 512), 30) / 1e9 == pytest.approx(2.9, abs=0.1)
    base = ordinary_transformer(embed_dim=512, encoder_layers=6, decoder_layers=6, ffn_ratio=4, head_dim=64)
    assert flops(made("transformer", 512), 30) == pytest.approx(count_flops(base, 30), rel=0.02)


@pytest.mark.parametrize("family", STEPPING)
@pytest.mark.parametrize("share", [True, False])
def test_steps_give_what_the_whole_gives(family: str, share: bool) -> None:
    model = made(family, share_embeddings=share)
    source = torch.randint(4, 40, (3, 7), generator=torch.Generator().manual_seed(1))
    source[1, :2] = 1
    previous = torch.randint(4, 40, (3, 35), generator=torch.Generator().manual_seed(2))
    whole = model(source, previous)
    state = model.start(model.encode(source), 2)
    for position in range(previous.shape[1]):
        logits = model.step(previous[:, position].repeat_interleave(2), state)
        assert torch.allclose(logits[::2], whole[:, position], atol=1e-4)
        assert torch.allclose(logits[1::2], whole[:, position], atol=1e-4)


@pytest.mark.parametrize("family", STEPPING)
def test_padding_changes_nothing_and_rows_can_be_reordered(family: str) -> None:
    model = made(family)
    source = torch.randint(4, 40, (2, 9), generator=torch.Generator().manual_seed(3))
    source[1, :4] = 1
    previous = torch.randint(4, 40, (2, 5), generator=torch.Generator().manual_seed(4))
    assert torch.allclose(model(source, previous)[1:], model(source[1:, 4:], previous[1:]), atol=1e-5)
    state = model.start(model.encode(source))
    first = model.step(previous[:, 0], state)
    state.reorder(torch.tensor([1, 0]))
    swapped = model.step(previous[:, 1].flip(0), state)
    state = model.start(model.encode(source))
    assert torch.equal(model.step(previous[:, 0], state), first)
    assert torch.allclose(model.step(previous[:, 1], state), swapped.flip(0), atol=1e-5)


@pytest.mark.parametrize("width", [3, 4, 9])
def test_a_causal_convolution_does_not_see_what_comes(width: int) -> None:
    for convolution in (SeparableConvolution(8, 6, width, causal=True), DynamicConvolution(8, 2, width, causal=True)):
        x = torch.randn(1, 12, 8)
        later = x.clone()
        later[:, 7:] += 1
        assert torch.allclose(convolution(x)[:, :7], convolution(later)[:, :7], atol=1e-6)
        assert not torch.allclose(convolution(x)[:, 7:], convolution(later)[:, 7:], atol=1e-3)


def test_a_separable_convolution_is_that_of_torch() -> None:
    ours = SeparableConvolution(6, 4, 5, causal=False)
    theirs = nn.Conv1d(6, 6, 5, padding=2, groups=6, bias=False)
    theirs.weight = ours.filters
    x = torch.randn(2, 10, 6)
    assert torch.allclose(ours(x), ours.pointwise(theirs(x.transpose(1, 2)).transpose(1, 2)), atol=1e-6)


@pytest.mark.parametrize("family", ["evolved", "lite", "levenshtein"])
def test_each_is_trained_saved_and_translates(
    family: str, tiny_corpus: Path, tiny_space: DesignSpace, tmp_path: Path
) -> None:
    recipe = RECIPE | {"updates": 6, "validate_every_updates": 3}
    facts = {"label": "test", "corpus": tiny_corpus, "architecture": SMALL, "recipe": recipe, "seed": 3, "threads": 1}
    work = RivalTraining(**facts, family=family)
    (tmp_path / "rolling").mkdir()
    model, facts = work.run(tmp_path / "rolling")
    assert facts["family"] == family
    assert 0 < facts["best_valid_loss"] < 30
    work.save(tmp_path / "model.pt", model, facts)
    found, kind = load_rival(tmp_path / "model.pt")
    assert kind == family
    for name, weight in found.state_dict().items():
        assert torch.equal(weight, model.state_dict()[name]), name
    if family == "levenshtein":
        hypotheses = refinement.refine(found, tiny_corpus, "valid", "test")
    else:
        hypotheses = translate(found, tiny_corpus, "valid", beam=2, length_penalty=1.0).hypotheses
    assert len(hypotheses) == read_json(tiny_corpus / "statistics.json")["lines"]["valid"]
    with pytest.raises(InputError, match=f"a model of the family '{family}'; legal: transformer"):
        load_checkpoint(tmp_path / "model.pt")
    other = replace(work, family="lite" if family != "lite" else "evolved")
    assert work.fingerprint("code") != other.fingerprint("code")
    begun = replace(work, initial=tmp_path / "model.pt")
    config = begun.parse(begun.model_options(tmp_path / "rolling") | begun.trainer_options(tmp_path / "rolling"))
    built = tasks.setup_task(config.task).build_model(config.model).state_dict()
    prefix = "" if family == "levenshtein" else "transformer."
    weights = found.cpu().state_dict()
    assert all(torch.equal(built[f"{prefix}{name}"], weight) for name, weight in weights.items())
    assert begun.fingerprint("code") != work.fingerprint("code")


def test_an_unknown_family_is_one_line(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "x.pt", made("transformer"), family="recurrent")
    with pytest.raises(InputError, match="legal: transformer, evolved, lite, levenshtein"):
        load_rival(tmp_path / "x.pt")


def test_refinement_is_timed_on_sentences_and_counted_by_iterations(tiny_corpus: Path, tiny_space: DesignSpace) -> None:
    statistics = tiny_corpus / "statistics.json"
    workload = Workload.from_statistics(statistics)
    bench = Bench(Device(name="here"), workload, Protocol(runs=4, dry_runs=1), tiny_space.smallest)
    facts = {"source_vocabulary": workload.source_vocabulary, "target_vocabulary": workload.target_vocabulary}
    model = made("levenshtein", share_embeddings=workload.share_embeddings, **facts)
    latency, iterations = measure(model, tiny_corpus, bench)
    assert latency.decoder_ms > 0
    assert latency.encoder_ms > 0
    assert 1 <= iterations <= refinement.ITERATIONS
    once, twice = (refinement_flops(model, 10, iterations) for iterations in (1, 2))
    assert 0 < twice - once < twice


def test_the_cost_of_a_rival_is_that_of_translating_and_of_training() -> None:
    assert (counts := cost(made("lite"), "lite", 10))["flops"] == counts["training_flops"] == flops(made("lite"), 10)
    model = made("levenshtein")
    assert cost(model, "levenshtein", 10) == {
        "parameters": counted(model),
        "flops": refinement_flops(model, 10, PUBLISHED_ITERATIONS),
        "training_flops": refinement_flops(model, 10, 1),
    }
