"""Training of rivals: the same trainer and recipes, other models; a Levenshtein Transformer has a loss of its own."""

# no `from __future__ import annotations`: fairseq reads the types of its dataclasses at run time

from dataclasses import dataclass, field
from typing import Any

from fairseq.models import BaseFairseqModel, register_model
from fairseq.models.nat.levenshtein_transformer import LevenshteinTransformerModel
from fairseq.tasks import register_task
from fairseq.tasks.translation_lev import NOISE_CHOICES, TranslationLevenshteinTask
from hat.architecture import SubTransformer
from omegaconf import II

from hat_fairseq.models.transformer import HatTransformer, HatTransformerConfig, model_arguments
from hat_fairseq.rivals.families import FAMILIES, load_rival
from hat_fairseq.tasks.translation import HatTranslationConfig, HatTranslationTask
from hat_fairseq.training import Names, Training


@dataclass
class HatRivalConfig(HatTransformerConfig):
    family: str = field(default="evolved", metadata={"help": "evolved or lite"})


@register_model("hat_rival", dataclass=HatRivalConfig)
class HatRival(HatTransformer):
    """A rival with the methods of `hat.model.transformer.Transformer`."""

    @classmethod
    def build_model(cls, cfg: HatRivalConfig, task: Any) -> "HatRival":
        return cls(_built(cfg.family, cfg, task), task.source_dictionary, task.target_dictionary)


@dataclass
class HatLevenshteinConfig(HatTransformerConfig):
    label_smoothing: float = II("criterion.label_smoothing")


@register_model("hat_levenshtein", dataclass=HatLevenshteinConfig)
class HatLevenshtein(LevenshteinTransformerModel):
    """fairseq's own model, for its training needs more of it than a forward pass; with our arguments."""

    add_args = classmethod(BaseFairseqModel.add_args.__func__)

    @classmethod
    def build_model(cls, cfg: HatLevenshteinConfig, task: Any) -> LevenshteinTransformerModel:
        model = _built("levenshtein", cfg, task)
        model.args.label_smoothing = cfg.label_smoothing
        return model


@dataclass
class HatLevenshteinTaskConfig(HatTranslationConfig):
    noise: NOISE_CHOICES = field(default="random_delete", metadata={"help": "what is done to targets"})


@register_task("hat_levenshtein", dataclass=HatLevenshteinTaskConfig)
class HatLevenshteinTask(HatTranslationTask, TranslationLevenshteinTask):
    """The translation task where the model learns to restore targets that noise has damaged."""


@dataclass(frozen=True, kw_only=True)
class RivalTraining(Training):
    """The training of a rival of the size of `architecture`, an ordinary Transformer."""

    family: str
    """One of `hat_fairseq.rivals.families.FAMILIES`."""

    @property
    def names(self) -> Names:
        if self.family == "levenshtein":
            return Names(self.family, "hat_levenshtein", "hat_levenshtein", "nat_loss")
        return super().names._replace(family=self.family, model="hat_rival")

    @property
    def further_options(self) -> dict[str, Any]:
        return {} if self.family == "levenshtein" else {"family": self.family}

    def make(self, **facts: Any) -> Any:
        return FAMILIES[self.family](self.architecture, **facts)

    def fingerprint(self, code: str) -> dict[str, Any]:
        return {**super().fingerprint(code), "family": self.family}


def _built(family: str, cfg: HatTransformerConfig, task: Any) -> Any:
    model = FAMILIES[family](SubTransformer.load(cfg.architecture), **model_arguments(cfg, task))
    if cfg.initial:
        model.load_state_dict(load_rival(cfg.initial)[0].state_dict())
    return model
