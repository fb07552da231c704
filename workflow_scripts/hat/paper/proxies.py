"""Whether inherited weights tell which SubTransformers become good models: what Table 5 and Figure 11 share."""

import pandas as pd
from scipy.stats import kendalltau

from hat.errors import InputError
from hat.paper.comparing import ordered, with_twin


def proxies(models: pd.DataFrame) -> pd.DataFrame:
    """Models from scratch with loss and BLEU of their inherited twins, by task and falling inherited loss.

    A model without an inherited loss or a BLEU from scratch is left out. InputError when none is left.
    """
    pairs = with_twin(models, "inherited")
    pairs = pairs.rename(columns={"valid_loss_twin": "inherited_valid_loss", "bleu_twin": "inherited_bleu"})
    known = pairs.dropna(subset=["inherited_valid_loss", "bleu"])
    if known.empty:
        raise InputError("inherited weights", "no model has an inherited loss and a BLEU", "models trained and scored")
    return ordered(known, ["inherited_valid_loss"], groups=["task"], ascending=False)


def kendall_tau(pairs: pd.DataFrame) -> tuple[str, str]:
    """Rank correlation of the falling inherited loss with the BLEU from scratch, and its p-value; both in words."""
    found = kendalltau(-pairs["inherited_valid_loss"], pairs["bleu"])
    if pd.isna(found.statistic):
        return "unknown", "nothing to rank"
    return f"{found.statistic:.2f}", f"p = {found.pvalue:.2g}"
