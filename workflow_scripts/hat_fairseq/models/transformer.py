"""This project's Transformer as a fairseq model: for its trainer, its criteria and its beam search."""

# no `from __future__ import annotations`: fairseq reads the types of its dataclasses at run time

from dataclasses import dataclass, field
from typing import Any

from fairseq.dataclass import FairseqDataclass
from fairseq.models import BaseFairseqModel, FairseqEncoder, FairseqIncrementalDecoder, register_model
from hat.architecture import SubTransformer
from hat.model.checkpoint import load_checkpoint
from hat.model.transformer import INITIAL_POSITIONS, DecoderState, Encoded, Transformer
from torch import Tensor

MODEL = "hat_transformer"


@dataclass
class HatTransformerConfig(FairseqDataclass):
    architecture: str = field(default="", metadata={"help": "YAML file of the architecture whose weights are trained"})
    initial: str = field(default="", metadata={"help": "checkpoint of this project whose weights training starts from"})
    share_embeddings: bool = field(
        default=False, metadata={"help": "one table for source, target and output (needs a joint dictionary)"}
    )
    dropout: float = field(default=0.1, metadata={"help": "dropout at the full width of the design space"})
    attention_dropout: float = field(default=0.0, metadata={"help": "dropout of attention weights, not scaled"})


@register_model(MODEL, dataclass=HatTransformerConfig)
class HatTransformer(BaseFairseqModel):
    """Owns a `hat.model.transformer.Transformer`, or another model with its methods.

    `encoder` and `decoder` are what fairseq's beam search asks for.
    """

    def __init__(self, transformer: Any, source_dictionary: Any, target_dictionary: Any) -> None:
        super().__init__()
        self.transformer = transformer
        # in a tuple, so that the weights are registered once
        self._faces = (_Encoder(transformer, source_dictionary), _Decoder(transformer, target_dictionary))

    @classmethod
    def build_model(cls, cfg: HatTransformerConfig, task: Any) -> "HatTransformer":
        transformer = Transformer(SubTransformer.load(cfg.architecture), **model_arguments(cfg, task))
        if cfg.initial:
            transformer.load_state_dict(load_checkpoint(cfg.initial)[0].state_dict())
        return cls(transformer, task.source_dictionary, task.target_dictionary)

    @property
    def encoder(self) -> "_Encoder":
        return self._faces[0]

    @property
    def decoder(self) -> "_Decoder":
        return self._faces[1]

    def forward(self, src_tokens: Tensor, src_lengths: Tensor, prev_output_tokens: Tensor) -> tuple[Tensor, None]:
        return self.transformer(src_tokens, prev_output_tokens), None

    def max_positions(self) -> tuple[int, int]:
        return INITIAL_POSITIONS, INITIAL_POSITIONS

    def max_decoder_positions(self) -> int:
        return INITIAL_POSITIONS


def model_arguments(cfg: HatTransformerConfig, task: Any) -> dict[str, Any]:
    """What a model is built with besides its architecture: vocabularies and dropout."""
    return {
        "source_vocabulary": len(task.source_dictionary),
        "target_vocabulary": len(task.target_dictionary),
        "share_embeddings": cfg.share_embeddings,
        "padding_index": task.target_dictionary.pad(),
        "dropout": cfg.dropout,
        "attention_dropout": cfg.attention_dropout,
    }


class _Encoder(FairseqEncoder):
    def __init__(self, transformer: Any, dictionary: Any) -> None:
        super().__init__(dictionary)
        self.transformer = transformer

    def forward(self, src_tokens: Tensor, src_lengths: Tensor | None = None, **_: Any) -> Encoded:
        return self.transformer.encode(src_tokens)

    def forward_torchscript(self, net_input: dict[str, Tensor]) -> Encoded:
        return self.forward(net_input["src_tokens"])

    def reorder_encoder_out(self, encoder_out: Encoded, new_order: Tensor) -> Encoded:
        return encoder_out.reorder(new_order)


class _Decoder(FairseqIncrementalDecoder):
    def __init__(self, transformer: Any, dictionary: Any) -> None:
        super().__init__(dictionary)
        self.transformer = transformer

    def forward(
        self,
        prev_output_tokens: Tensor,
        encoder_out: Encoded | None = None,
        incremental_state: dict[str, Any] | None = None,
        **_: Any,
    ) -> tuple[Tensor, None]:
        assert encoder_out is not None
        if incremental_state is None:
            return self.transformer.decode(encoder_out, prev_output_tokens), None
        state = incremental_state.get("state")
        if state is None:
            state = incremental_state["state"] = self.transformer.start(encoder_out)
        return self.transformer.step(prev_output_tokens[:, -1], state)[:, None], None

    def reorder_incremental_state_scripting(
        self, incremental_state: dict[str, DecoderState], new_order: Tensor
    ) -> None:
        if "state" in incremental_state:
            incremental_state["state"].reorder(new_order)

    def max_positions(self) -> int:
        return INITIAL_POSITIONS
