"""This project's engines as contestants: a shipped model, eager torch, and the floor that no runtime goes below."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hat.architecture import SubTransformer
from hat.engines.factory import create_engine
from hat.engines.interface import Device, Vocabularies
from hat.files import read_json
from hat.translator.beam import EOS, search
from hat.translator.bundle import MANIFEST, load

from hat_workflow import command
from hat_workflow.contest import serve

EAGER, FLOOR, SHORTLIST = "torch_eager", "floor", "shortlist"
LENGTH_PENALTY = 1.0
Decode = Callable[[int, int], None]


def main(args: argparse.Namespace) -> None:
    engine, dtype, *more = args.contestant.split()
    if engine == FLOOR:
        serve(reading(args.folder, dtype, args.length))
    elif engine == EAGER:
        serve(stepping(args, Device(name=engine, engine=engine, dtype=dtype, threads=args.threads)))
    else:
        serve(translating(args, engine, dtype, shortlist=SHORTLIST in more))


def translating(args: argparse.Namespace, engine: str, dtype: str, shortlist: bool) -> Decode:
    """Beam search over a bundle, of sentences of `length` tokens to as many steps."""
    translator = load(args.folder, engine=engine, dtype=dtype, threads=args.threads, shortlist=shortlist)
    rng = np.random.default_rng(1)
    vocabulary = read_json(args.folder / MANIFEST)["vocabulary"]

    def decode(batch: int, sentences: int) -> None:
        for first in range(0, sentences, batch):
            count = min(batch, sentences - first)
            words = rng.integers(EOS + 2, vocabulary, (count, args.length - 1))
            sources = [np.append(row, EOS) for row in words]
            search(
                translator.engine,
                [translator.engine.encode(source) for source in sources],
                source_room=args.length,
                beam=args.beam,
                length_penalty=LENGTH_PENALTY,
                longest=args.length - 1,
                shortlists=list(map(translator.shortlist.words, sources)) if translator.shortlist else None,
            )

    return decode


def stepping(args: argparse.Namespace, device: Device) -> Decode:
    """The encoder and the steps of one sentence, with as many rows as the beam has, and no search."""
    manifest = read_json(args.folder / MANIFEST)
    words = manifest["vocabulary"]
    vocabularies = Vocabularies(source_vocabulary=words, target_vocabulary=words, share_embeddings=True)
    sub = SubTransformer.from_dict(manifest["architecture"], args.folder / MANIFEST)
    engine = create_engine(sub, vocabularies, device, args.beam)
    source, previous = engine.tokens([4] * (args.length - 1) + [EOS]), engine.tokens([4] * args.beam)

    def decode(batch: int, sentences: int) -> None:
        for _ in range(sentences):
            state = engine.start(engine.encode(source), args.beam)
            for _ in range(args.length):
                engine.step(previous, state)

    return decode


def reading(folder: Path, dtype: str, length: int) -> Decode:
    """What the decoder has of weights, read once a step by a product of two vectors."""
    size = sum((folder / f"{part}.{dtype}.tflite").stat().st_size for part in ("step", "output"))
    halves = np.ones((2, size // 8), np.float32)

    def decode(batch: int, sentences: int) -> None:
        for _ in range(-(-sentences // batch) * length):
            halves[0] @ halves[1]

    return decode


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("contestant", metavar="NAME", help="engine, number format and perhaps shortlist, with spaces")
    p.add_argument("--folder", type=Path, required=True, help="a bundle whose manifest tells its vocabulary")
    p.add_argument("--length", type=command.positive, required=True, help="tokens of the source, steps of the decoder")
    p.add_argument("--beam", type=command.positive, required=True)
    p.add_argument("--threads", type=command.positive, required=True)
    return p


if __name__ == "__main__":
    command.run(parser(), main)
