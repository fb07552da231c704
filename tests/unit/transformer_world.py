"""SuperTransformers, SubTransformers and sentences that the tests of the model share."""

from __future__ import annotations

import random
from functools import cache

import torch
from hat.architecture import DesignSpace, SubTransformer
from hat.model.transformer import Transformer
from hat_workflow import settings
from torch import Tensor

from tests.spaces import WMT_SIXTEENTH

PAD, EOS, VOCABULARY = 1, 2, 29
# what the paper's spaces have not: an encoder whose depth varies, and widths that differ at their maxima
ELASTIC = DesignSpace(
    encoder_embed_dim=(12, 24),
    encoder_layers=(1, 2, 3),
    encoder_ffn_dim=(8, 20),
    encoder_self_heads=(1, 2, 4),
    decoder_embed_dim=(10, 16),
    decoder_layers=(1, 3),
    decoder_ffn_dim=(8, 20),
    decoder_self_heads=(1, 2, 4),
    decoder_cross_heads=(1, 2, 4),
    decoder_attended_layers=(1, 2, 3),
    qkv_dim=8,
)
SPACES = {"wmt": WMT_SIXTEENTH, "demo": settings.design_space("demo"), "elastic": ELASTIC}
DRAWS = [("wmt", seed) for seed in range(50)] + [("demo", seed) for seed in range(50)]
DRAWS += [("elastic", seed) for seed in range(20)]


@cache
def supertransformer(space: str, share: bool) -> Transformer:
    """A SuperTransformer at the space's maximum in which every weight matters: biases and norms are random as well."""
    torch.manual_seed(len(space) + share)
    model = dense(SPACES[space].maximum, share)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 1:
                weight.add_(0.2 * torch.randn_like(weight))
            assert "table" not in name or not weight[PAD].any()
    return model.eval()


def dense(sub: SubTransformer, share: bool, **options: float) -> Transformer:
    return Transformer(
        sub,
        source_vocabulary=VOCABULARY,
        target_vocabulary=VOCABULARY if share else VOCABULARY + 4,
        share_embeddings=share,
        **options,  # type: ignore[arg-type]
    )


def drawn(space: str, seed: int) -> tuple[Transformer, SubTransformer]:
    """A SuperTransformer, in turn with shared and separate tables, and one of its SubTransformers."""
    return supertransformer(space, share=seed % 2 == 0), SPACES[space].sample(random.Random(seed))


def sentences(seed: int, padded: bool = True) -> tuple[Tensor, Tensor]:
    """Sources (3, 7), padded on the left, and shifted targets (3, 6)."""
    generator = torch.Generator().manual_seed(seed)
    source = torch.randint(4, VOCABULARY, (3, 7), generator=generator)
    source[:, -1] = EOS
    if padded:
        source[1, :2] = PAD
        source[2, :5] = PAD
    previous = torch.randint(4, VOCABULARY, (3, 6), generator=generator)
    previous[:, 0] = EOS
    return source, previous


def close(found: Tensor, expected: Tensor) -> bool:
    return bool((found - expected).abs().max() <= 1e-5 * expected.abs().max())


def incremental(model: Transformer, source: Tensor, previous: Tensor) -> Tensor:
    state = model.start(model.encode(source))
    return torch.stack([model.step(tokens, state) for tokens in previous.T], dim=1)


def table_sizes(sub: SubTransformer, model: Transformer) -> int:
    if model.share_embeddings:
        return model.source_vocabulary * max(sub.encoder_embed_dim, sub.decoder_embed_dim)
    return model.source_vocabulary * sub.encoder_embed_dim + 2 * model.target_vocabulary * sub.decoder_embed_dim
