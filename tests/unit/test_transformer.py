"""The model: an independent reference, extraction, incremental decoding, gradients and dropout."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from hat.architecture import SubTransformer
from hat.cost import count_parameters
from hat.model.transformer import Transformer
from torch import Tensor

from tests.spaces import WMT, WMT_SIXTEENTH
from tests.unit.reference_transformer import logits as reference_logits
from tests.unit.transformer_world import (
    DRAWS,
    ELASTIC,
    EOS,
    PAD,
    VOCABULARY,
    close,
    dense,
    drawn,
    incremental,
    sentences,
    supertransformer,
    table_sizes,
)


@pytest.fixture(autouse=True)
def no_grad(request: pytest.FixtureRequest) -> Iterator[None]:
    with torch.set_grad_enabled("gradients" in request.node.name):
        yield


@pytest.mark.parametrize(("space", "seed"), DRAWS)
def test_an_extracted_model_equals_its_activated_supertransformer(space: str, seed: int) -> None:
    model, sub = drawn(space, seed)
    source, previous = sentences(seed)
    model.activate(sub)
    extracted = model.extract(sub)
    expected = model(source, previous)
    assert expected.shape == (3, 6, model.target_vocabulary)
    assert close(extracted(source, previous), expected)
    assert close(incremental(model, source, previous), expected)
    assert close(incremental(extracted, source, previous), expected)
    own = sum(weight.numel() for name, weight in extracted.named_parameters() if not name.startswith("embeddings."))
    assert own == count_parameters(sub)
    assert own + table_sizes(sub, model) == sum(weight.numel() for weight in extracted.parameters())


@pytest.mark.parametrize(
    ("space", "seed"), [("wmt", 0), ("wmt", 1), ("demo", 2), ("demo", 3), ("elastic", 4), ("elastic", 5)]
)
def test_an_independent_reference_agrees(space: str, seed: int) -> None:
    model, sub = drawn(space, seed)
    source, previous = sentences(seed)
    model.activate(sub)
    found = model(source, previous)
    weights = {name: weight.double().numpy() for name, weight in model.extract(sub).named_parameters()}
    for row in range(len(source)):
        tokens = [int(token) for token in source[row] if token != PAD]
        expected = torch.tensor(reference_logits(sub, weights, tokens, previous[row].tolist()))
        assert close(found[row].double(), expected)


def test_the_reference_is_sensitive_to_everything_that_an_architecture_says() -> None:
    """So that the agreement above means something: another head count or memory gives other logits."""
    model, sub = supertransformer("wmt", share=True), WMT_SIXTEENTH.largest
    source, previous = sentences(0, padded=False)
    model.activate(sub)
    expected = model(source, previous)
    for name, value in (
        ("encoder_self_heads", [8] * 5 + [4]),
        ("decoder_self_heads", [8] * 5 + [4]),
        ("decoder_cross_heads", [8] * 5 + [4]),
        ("decoder_attended_layers", [2] * 5 + [3]),
        ("encoder_ffn_dims", [192] * 5 + [128]),
        ("decoder_ffn_dims", [192] * 5 + [128]),
        ("encoder_embed_dim", 32),
        ("decoder_embed_dim", 32),
    ):
        model.activate(SubTransformer.from_dict(sub.to_dict() | {name: value}))
        assert not torch.allclose(model(source, previous), expected, atol=1e-3), name


@pytest.mark.parametrize("seed", range(8))
def test_padding_changes_nothing(seed: int) -> None:
    model, sub = drawn("wmt", seed)
    source, previous = sentences(seed)
    model.activate(sub)
    batch = model(source, previous)
    for row in range(len(source)):
        alone = model(source[row][source[row] != PAD][None], previous[row : row + 1])
        assert close(batch[row : row + 1], alone)


def test_a_target_position_sees_no_later_one() -> None:
    model, sub = drawn("wmt", 3)
    source, previous = sentences(3)
    model.activate(sub)
    expected = model(source, previous)
    previous[:, 4:] = PAD
    assert close(model(source, previous)[:, :4], expected[:, :4])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("extracted", [False, True])
def test_a_beam_follows_its_hypotheses(seed: int, extracted: bool) -> None:
    """Rows of several sentences move, double, and leave; each goes on as if it had been alone from the start."""
    model, sub = drawn("wmt", seed)
    model.activate(sub)
    decoder = model.extract(sub) if extracted else model
    source, _ = sentences(seed)
    rng = torch.Generator().manual_seed(seed)
    state = decoder.start(decoder.encode(source), rows_per_sentence=2)
    sentence_of = torch.tensor([0, 0, 1, 1, 2, 2])
    prefixes = torch.full((6, 1), EOS)
    moves = {1: [1, 0, 2, 3, 5, 4], 2: [0, 0, 3, 2, 4, 4], 3: [2, 3, 4, 5], 4: [3, 1, 0]}
    for step in range(6):
        found = decoder.step(prefixes[:, -1], state)
        expected = model(source[sentence_of], prefixes)[:, -1]
        assert close(found, expected), f"step {step}"
        if step in moves:
            rows = torch.tensor(moves[step])
            state.reorder(rows)
            prefixes, sentence_of = prefixes[rows], sentence_of[rows]
        tokens = torch.randint(4, VOCABULARY, (len(prefixes), 1), generator=rng)
        prefixes = torch.cat((prefixes, tokens), dim=1)


@pytest.mark.parametrize(("space", "seed"), [("wmt", 1), ("wmt", 6), ("demo", 8), ("elastic", 9), ("elastic", 10)])
def test_gradients_reach_the_active_slices_alone_and_equal_the_extracted_model_s(space: str, seed: int) -> None:
    model, sub = drawn(space, seed)
    source, previous = sentences(seed)
    model.zero_grad(set_to_none=True)
    model.activate(sub)
    extracted = model.extract(sub)
    for network in (model, extracted):
        network(source, previous).logsumexp(-1).sum().backward()
    own = dict(extracted.named_parameters())
    for name, weight in model.named_parameters():
        if name not in own:
            assert weight.grad is None or not weight.grad.any(), f"{name} belongs to a layer that was not used"
            continue
        assert weight.grad is not None
        block = tuple(slice(size) for size in own[name].shape)
        expected = own[name].grad
        assert expected is not None
        assert (weight.grad[block] - expected).abs().max() <= 1e-4 * expected.abs().max().clamp(min=1e-3), name
        outside = weight.grad.clone()
        outside[block] = 0
        assert not outside.any(), f"{name} outside its leading block"
        if not name.endswith(("qkv.bias", "kv.bias")):  # a key's bias cancels in the softmax
            assert expected.any(), f"{name} learns"
    assert not own["embeddings.source_table"].grad[PAD].any() or model.share_embeddings  # type: ignore[index]
    model.zero_grad(set_to_none=True)


@pytest.mark.parametrize("extracted", [False, True])
def test_dropout_scales_with_the_width_and_attention_dropout_does_not(
    monkeypatch: pytest.MonkeyPatch, extracted: bool
) -> None:
    sub = SubTransformer.from_dict(WMT_SIXTEENTH.largest.to_dict() | {"encoder_embed_dim": 32, "decoder_embed_dim": 40})
    model = dense(WMT_SIXTEENTH.maximum, share=True, dropout=0.3, attention_dropout=0.1).train()
    model.activate(sub)
    network = model.extract(sub) if extracted else model
    residual: list[float] = []
    attention: list[float] = []
    drop, attend = F.dropout, F.scaled_dot_product_attention

    def dropout(x: Tensor, p: float, training: bool) -> Tensor:
        assert training
        residual.append(round(p, 6))
        return drop(x, p, training)

    def scaled(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, p: float, causal: bool) -> Tensor:
        attention.append(p)
        return attend(q, k, v, mask, p, causal)

    monkeypatch.setattr(F, "dropout", dropout)
    monkeypatch.setattr(F, "scaled_dot_product_attention", scaled)
    network(*sentences(0))
    assert residual == [0.24] * (1 + 2 * 6) + [0.3] * (1 + 3 * 6)
    assert attention == [0.1] * (6 + 2 * 6)
    attention.clear()
    monkeypatch.setattr(F, "dropout", lambda x, p, training: x if not training else pytest.fail("eval drops"))
    network.eval()(*sentences(0))
    assert set(attention) == {0.0}


def test_dropout_of_the_same_seed_is_the_same_in_both() -> None:
    sub = WMT_SIXTEENTH.sample(random.Random(11))
    model = dense(WMT_SIXTEENTH.maximum, share=True, dropout=0.3, attention_dropout=0.1).train()
    model.activate(sub)
    extracted = model.extract(sub)
    assert extracted.training
    source, previous = sentences(11, padded=False)
    torch.manual_seed(5)
    expected = model(source, previous)
    torch.manual_seed(5)
    assert close(extracted(source, previous), expected)
    assert not close(extracted(source, previous), expected), "dropout is on"


def test_extracting_changes_nothing_and_shares_nothing() -> None:
    model, sub = drawn("wmt", 0)
    source, previous = sentences(0)
    model.activate(WMT_SIXTEENTH.largest)
    expected = model(source, previous)
    extracted = model.extract(sub)
    assert torch.equal(model(source, previous), expected)
    for weight in extracted.parameters():
        weight.zero_()
    assert torch.equal(model(source, previous), expected)


def test_activation_forgets_the_one_before() -> None:
    model, sub = drawn("wmt", 0)
    source, previous = sentences(0)
    model.activate(sub)
    expected = model(source, previous)
    for seed in range(5):
        model.activate(WMT_SIXTEENTH.sample(random.Random(seed)))
    model.activate(sub)
    assert torch.equal(model(source, previous), expected)


def test_an_optimiser_s_step_is_seen_without_activating_again() -> None:
    model = dense(WMT_SIXTEENTH.maximum, share=True).eval()
    sub = WMT_SIXTEENTH.sample(random.Random(1))
    model.activate(sub)
    source, previous = sentences(1)
    before = model(source, previous)
    for weight in model.parameters():
        weight.mul_(1.1)
    after = model(source, previous)
    assert not close(after, before)
    assert close(model.extract(sub)(source, previous), after)


def test_sentences_longer_than_the_first_position_table() -> None:
    model, sub = drawn("elastic", 0)
    model.activate(sub)
    torch.manual_seed(0)
    source = torch.randint(4, VOCABULARY, (2, 1100))
    source[1, :30] = PAD
    previous = torch.randint(4, VOCABULARY, (2, 3))
    expected = model(source, previous)
    assert expected.isfinite().all()
    assert close(model.extract(sub)(source, previous), expected)
    alone = model(source[1:, 30:], previous[1:])
    assert close(expected[1:], alone)


def test_initial_weights() -> None:
    """Xavier with the fans of the fused query-key-value matrix, tables N(0, 1 / width), biases zero, as the authors."""
    model = dense(WMT_SIXTEENTH.maximum, share=False)
    for name, weight in model.named_parameters():
        if "table" in name:
            assert weight.std().item() == pytest.approx(40**-0.5, rel=0.1)
            assert not weight[PAD].any()
        elif weight.dim() == 2:
            rows = 3 * 32 if ".qkv." in name or "cross.q." in name or "cross.kv." in name else weight.shape[0]
            bound = (6 / (rows + weight.shape[1])) ** 0.5
            assert 0.95 * bound < weight.abs().max().item() <= bound, name
        else:
            assert set(weight.tolist()) == {1.0 if name.endswith("norm.weight") else 0.0}, name


def test_parameters_at_full_size_without_allocating_them() -> None:
    for sub in (WMT.largest, WMT.smallest, *(WMT.sample(random.Random(seed)) for seed in range(5))):
        with torch.device("meta"):
            model = dense(sub, share=True)
        sizes = {name: weight.numel() for name, weight in model.named_parameters()}
        assert sum(size for name, size in sizes.items() if not name.startswith("embeddings.")) == count_parameters(sub)


def test_what_does_not_fit() -> None:
    model = dense(WMT_SIXTEENTH.sample(random.Random(0)), share=True)
    for wrong in (WMT_SIXTEENTH.maximum, ELASTIC.smallest):
        for use in (model.activate, model.extract):
            with pytest.raises(ValueError, match="does not fit inside"):
                use(wrong)
    with pytest.raises(ValueError, match="shared embeddings need one dictionary, not 5 and 6 words"):
        Transformer(WMT_SIXTEENTH.smallest, source_vocabulary=5, target_vocabulary=6, share_embeddings=True)
