"""The stage that tokenises a corpus: words and punctuation apart, by the Moses rules of each language."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from hat.corpus.description import Corpus
from hat.corpus.lines import line_counts
from hat.corpus.parallel import Pairs, Rewritten, rewrite_pairs
from hat.files import replacing_folder
from hat.progress import Progress
from hat.text.moses import tokenise
from hat.text.subwords import SUBWORD_NMT, merge


def tokenise_corpus(corpus: Corpus, clean: Path, output: Path, processes: int = 1) -> None:
    """Write `output/{split}.{language}`, one tokenised line for each line of the clean text.

    Text that arrives in subwords is tokenised already: its subwords are joined to the tokens they came from.
    """
    counts = line_counts(clean, corpus)
    with replacing_folder(output) as folder:
        for split, lines in counts.items():
            source, target = (f"{split}.{language}" for language in corpus.languages)
            rewrite_pairs(
                partial(_tokenise_pairs, corpus),
                (clean / source, clean / target),
                (folder / source, folder / target),
                Progress(f"tokenise {split}", lines, unit="pairs"),
                processes,
            )
        line_counts(folder, corpus, expected=counts)


def _tokenise_pairs(corpus: Corpus, pairs: Pairs) -> Rewritten:
    return Rewritten(
        _tokenise_lines(corpus, corpus.source, pairs.source), _tokenise_lines(corpus, corpus.target, pairs.target)
    )


def _tokenise_lines(corpus: Corpus, language: str, lines: list[str]) -> list[str]:
    if corpus.already_subwords:
        words = (merge(line, SUBWORD_NMT) for line in lines)
        return [line.lower() if corpus.lowercase else line for line in words]
    options = {"lowercase": corpus.lowercase, "hyphens": corpus.aggressive_hyphens}
    return [tokenise(line, language, **options) for line in lines]
