"""The dense model computes what fairseq's own Transformer computes with the same weights."""

from __future__ import annotations

from argparse import Namespace

import pytest
import torch
from fairseq.data import Dictionary
from fairseq.models.transformer import TransformerModel, base_architecture
from hat.architecture import SubTransformer
from hat.model.transformer import Transformer

WIDTH, FFN, HEADS, LAYERS = 16, 32, 4, 3


@pytest.fixture(params=[True, False], ids=["joint", "separate"])
def both(request: pytest.FixtureRequest) -> tuple[TransformerModel, Transformer]:
    torch.manual_seed(1)
    dictionary = Dictionary()
    for number in range(26):
        dictionary.add_symbol(f"w{number}")
    args = Namespace(
        encoder_embed_dim=WIDTH,
        encoder_ffn_embed_dim=FFN,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        share_all_embeddings=request.param,
        dropout=0.0,
    )
    base_architecture(args)
    theirs = TransformerModel.build_model(args, Namespace(source_dictionary=dictionary, target_dictionary=dictionary))
    ours = Transformer(
        SubTransformer(
            encoder_embed_dim=WIDTH,
            encoder_ffn_dims=(FFN,) * LAYERS,
            encoder_self_heads=(HEADS,) * LAYERS,
            decoder_embed_dim=WIDTH,
            decoder_ffn_dims=(FFN,) * LAYERS,
            decoder_self_heads=(HEADS,) * LAYERS,
            decoder_cross_heads=(HEADS,) * LAYERS,
            decoder_attended_layers=(1,) * LAYERS,
            qkv_dim=WIDTH,
            position_dim=WIDTH,
        ),
        source_vocabulary=len(dictionary),
        target_vocabulary=len(dictionary),
        share_embeddings=request.param,
    )
    for weight in theirs.parameters():
        weight.data += torch.randn_like(weight) * 0.3
    ours.load_state_dict(translated(theirs.state_dict(), request.param))
    return theirs.eval(), ours.eval()


def translated(theirs: dict[str, torch.Tensor], shared: bool) -> dict[str, torch.Tensor]:
    """fairseq's weights under our names: q, k and v of an attention lie in one matrix."""
    ours = {"embeddings.source_table": theirs["encoder.embed_tokens.weight"]}
    if not shared:
        ours["embeddings.target_table"] = theirs["decoder.embed_tokens.weight"]
        ours["embeddings.output_table"] = theirs["decoder.output_projection.weight"]
    for side in ("encoder", "decoder"):
        for layer in range(LAYERS):
            there, here = f"{side}.layers.{layer}", f"{side}.{layer}"
            for kind in ("weight", "bias"):
                self_attention = [theirs[f"{there}.self_attn.{part}_proj.{kind}"] for part in "qkv"]
                ours[f"{here}.attention.qkv.{kind}"] = torch.cat(self_attention)
                names = {
                    "self_attn.out_proj": "attention.out",
                    "self_attn_layer_norm": "attention_norm",
                    "fc1": "ffn.expand",
                    "fc2": "ffn.contract",
                    "final_layer_norm": "ffn_norm",
                }
                if side == "decoder":
                    cross = [theirs[f"{there}.encoder_attn.{part}_proj.{kind}"] for part in "qkv"]
                    ours[f"{here}.cross.q.{kind}"] = cross[0]
                    ours[f"{here}.cross.kv.{kind}"] = torch.cat(cross[1:])
                    names |= {"encoder_attn.out_proj": "cross.out", "encoder_attn_layer_norm": "cross_norm"}
                for name, our_name in names.items():
                    ours[f"{here}.{our_name}.{kind}"] = theirs[f"{there}.{name}.{kind}"]
    return ours


def test_same_logits(both: tuple[TransformerModel, Transformer]) -> None:
    theirs, ours = both
    source = torch.randint(4, 30, (5, 9))
    for row in range(4):
        source[row, :row] = 1
    previous = torch.randint(4, 30, (5, 7))
    with torch.inference_mode():
        expected = theirs(source, source.ne(1).sum(1), previous)[0]
        found = ours(source, previous)
    assert (found - expected).abs().max() < 1e-5 * expected.abs().max()


def test_same_translations(both: tuple[TransformerModel, Transformer]) -> None:
    from fairseq.sequence_generator import SequenceGenerator
    from hat_fairseq.models.transformer import HatTransformer

    theirs, ours = both
    dictionary = theirs.decoder.dictionary
    source = torch.randint(4, 30, (6, 8))
    source[0, :3] = 1
    sample = {"net_input": {"src_tokens": source, "src_lengths": source.ne(1).sum(1)}}
    found = []
    for model in (theirs, HatTransformer(ours, dictionary, dictionary)):
        generator = SequenceGenerator([model], dictionary, beam_size=4, max_len_b=20)
        found.append([[h["tokens"].tolist() for h in beam] for beam in generator.generate([model], sample)])
    assert found[0] == found[1]
