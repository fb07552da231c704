"""fairseq's Levenshtein Transformer (Gu et al. 2019), with the size of an ordinary Transformer."""

from __future__ import annotations

from argparse import Namespace
from contextlib import redirect_stdout
from io import StringIO
from types import SimpleNamespace

from fairseq.data import Dictionary
from fairseq.models.nat import levenshtein_utils
from fairseq.models.nat.levenshtein_transformer import LevenshteinTransformerModel, levenshtein_base_architecture
from hat.architecture import SubTransformer

with redirect_stdout(StringIO()):  # it tells each time that there is no CUDA version
    LIBNAT = levenshtein_utils.load_libnat()
levenshtein_utils.load_libnat = lambda: LIBNAT


def levenshtein_transformer(
    architecture: SubTransformer,
    *,
    source_vocabulary: int,
    target_vocabulary: int,
    share_embeddings: bool,
    padding_index: int,
    dropout: float = 0.0,
    attention_dropout: float = 0.0,
) -> LevenshteinTransformerModel:
    """One with the size of an ordinary Transformer; positions are learned, as its authors have it."""
    layers = architecture.decoder_layers
    args = Namespace(
        encoder_embed_dim=architecture.encoder_embed_dim,
        encoder_ffn_embed_dim=architecture.encoder_ffn_dims[0],
        encoder_layers=architecture.encoder_layers,
        encoder_attention_heads=architecture.encoder_self_heads[0],
        encoder_learned_pos=True,
        decoder_embed_dim=architecture.decoder_embed_dim,
        decoder_ffn_embed_dim=architecture.decoder_ffn_dims[0],
        decoder_layers=layers,
        decoder_attention_heads=architecture.decoder_self_heads[0],
        decoder_learned_pos=True,
        early_exit=f"{layers},{layers},{layers}",
        share_all_embeddings=share_embeddings,
        apply_bert_init=True,
        activation_fn="gelu",
        dropout=dropout,
        attention_dropout=attention_dropout,
    )
    levenshtein_base_architecture(args)
    source = _dictionary(source_vocabulary)
    target = source if share_embeddings else _dictionary(target_vocabulary)
    assert target.pad() == padding_index
    task = SimpleNamespace(source_dictionary=source, target_dictionary=target)
    model = LevenshteinTransformerModel.build_model(args, task)
    model.architecture, model.padding_index = architecture, padding_index
    model.source_vocabulary, model.target_vocabulary = source_vocabulary, target_vocabulary
    model.share_embeddings = share_embeddings
    return model


def _dictionary(words: int) -> Dictionary:
    """A dictionary of `words` entries. The model asks it only for their number and for the special symbols."""
    dictionary = Dictionary()
    for index in range(words - len(dictionary)):
        dictionary.add_symbol(f"word{index}")
    return dictionary
