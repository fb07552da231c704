"""A translator: raw text in, translations out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from hat.engines.graph_engine import GraphEngine, Ids
from hat.errors import InputError
from hat.translator.beam import Hypothesis, search
from hat.translator.shortlist import Shortlist
from hat.translator.text import Text

ROOM_STEP = 8
"""Sources are filled up to a multiple of this: sentences share a batch that have the same."""
LONGEST_RATIO = 2
"""So many subwords of a translation to each of the source are always allowed."""


@dataclass(frozen=True, kw_only=True)
class Translation:
    """One hypothesis of a sentence."""

    text: str
    """Ordinary, detokenised text."""
    tokens: str
    """The same before detokenisation: what tokenized BLEU is computed on."""
    score: float
    """Log-probability divided by length ** length penalty."""


class Translator:
    """Raw lines to translations by beam search. What a line becomes does not depend on the lines around it.

    `beam` and `length_penalty` are those of a call that names none. A translation has at most `max_len_a` x +
    `max_len_b` subwords, as in fairseq, or twice the x of its source. With a shortlist only its words come up.
    """

    def __init__(
        self,
        engine: GraphEngine,
        text: Text,
        *,
        beam: int,
        length_penalty: float,
        max_len_a: float = 0,
        max_len_b: int = 200,
        shortlist: Shortlist | None = None,
    ) -> None:
        self.engine, self.text, self.beam, self.length_penalty = engine, text, beam, length_penalty
        self.max_len_a, self.max_len_b = max_len_a, max_len_b
        self.shortlist = shortlist

    def translate(self, lines: Sequence[str], **options: float | None) -> list[str]:
        """The best translation of each line, an empty one of an empty line. `options` are those of `hypotheses`."""
        return [found[0].text for found in self.hypotheses(lines, **options)]  # type: ignore[arg-type]

    def hypotheses(
        self,
        lines: Sequence[str],
        *,
        beam: int | None = None,
        length_penalty: float | None = None,
        n_best: int = 1,
        batch: int = 1,
        done: Callable[[int], None] = lambda count: None,
    ) -> list[list[Translation]]:
        """The `n_best` translations of each line, best first. `done` is told how many lines are, as they become so.

        Up to `batch` sentences are decoded at once, which only changes the time it takes. InputError when the beam is
        wider than the model's graphs, or not as wide as `n_best`.
        """
        beam = self.beam if beam is None else beam
        penalty = self.length_penalty if length_penalty is None else length_penalty
        for name, value, least, most in (("beam", beam, 1, self.engine.rows), ("n-best", n_best, 1, beam)):
            if not least <= value <= most:
                raise InputError(name, str(value), f"{least} to {most}")
        if batch < 1:
            raise InputError("batch", str(batch), "1 or more")
        sources = [self.text.ids(line) for line in lines]
        found: list[list[Translation]] = [[Translation(text="", tokens="", score=0.0)] for _ in lines]
        done(sum(len(source) == 1 for source in sources))
        for numbers, room in self._batches([len(source) for source in sources], batch):
            results = self._search([sources[number] for number in numbers], room, beam, penalty)
            for number, hypotheses in zip(numbers, results, strict=True):
                tokens = [self.text.tokens(hypothesis.tokens) for hypothesis in hypotheses[:n_best]]
                plain = self.text.plain(tokens)
                found[number] = [
                    Translation(text=text, tokens=words, score=hypothesis.score)
                    for text, words, hypothesis in zip(plain, tokens, hypotheses, strict=False)
                ]
            done(len(numbers))
        return found

    def token_ids(self, source: Ids, beam: int) -> list[tuple[int, ...]]:
        """The `beam` best translations of one sentence as token ids, without their ends."""
        (found,) = self._search([source], _room(len(source)), beam, self.length_penalty)
        return [hypothesis.tokens for hypothesis in found]

    def _search(self, sources: Sequence[Ids], room: int, beam: int, penalty: float) -> list[list[Hypothesis]]:
        encoded = [self.engine.encode(source) for source in sources]
        longest = max(int(self.max_len_a * room + self.max_len_b), LONGEST_RATIO * room)
        shortlists = None if self.shortlist is None else list(map(self.shortlist.words, sources))
        return search(
            self.engine,
            encoded,
            source_room=room,
            beam=beam,
            length_penalty=penalty,
            longest=longest,
            shortlists=shortlists,
        )

    def _batches(self, lengths: Sequence[int], batch: int) -> Iterator[tuple[list[int], int]]:
        """The numbers of sentences that are decoded together, and the room for each of their sources."""
        if not self.engine.independent:
            batch = 1
        rooms: dict[int, list[int]] = {}
        for number, length in enumerate(lengths):
            if length > 1:  # more than the sentence's end
                rooms.setdefault(_room(length), []).append(number)
        for room, numbers in sorted(rooms.items()):
            waiting = iter(sorted(numbers, key=lambda number: lengths[number]))
            while together := list(islice(waiting, batch)):
                yield together, room


def _room(length: int) -> int:
    """For a source of this many tokens; it depends on nothing else, so that results do not either."""
    return -(-length // ROOM_STEP) * ROOM_STEP
