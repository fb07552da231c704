"""Make a trained model a folder to ship, which translates raw text on LiteRT or ONNX Runtime, in fp32 or int8.

What does not translate like the trained model is not shipped: logits of fp32 are compared with torch's over whole
sentences, BLEU and chrF of every runtime and number format with the model's own score. What a shortlist of words costs
is recorded beside them: who wants it faster decides.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hat.corpus.description import reference_file
from hat.corpus.lines import read_lines
from hat.corpus.subwords import BPE_FOLDER, read_dictionary
from hat.engines.factory import DTYPES, SHIPPED
from hat.errors import InputError
from hat.files import read_json, replacing_folder
from hat.model.checkpoint import load_checkpoint
from hat.progress import Progress, say
from hat.scoring import score_translations
from hat.translator.beam import EOS
from hat.translator.bundle import GENERATION, MANIFEST, load
from hat.translator.export import write_bundle, write_manifest
from hat.translator.shortlist import learn
from hat.translator.text import Preparation
from hat.translator.translator import Translator
from hat_workflow import command, settings

LOGITS = 1e-4
"""How far fp32 logits may be from torch's, over the largest of them; found: 2e-6."""
POINTS = {"float32": 0.1, "int8": 1.0}
"""Points of SacreBLEU and of chrF2 that a number format may lose against the trained model."""
COMPARED_SENTENCES = 20
BATCH = 16
METRICS = ("sacrebleu", "chrf2")


def main(args: argparse.Namespace) -> None:
    corpus = settings.load("corpus", args.corpus)
    model, _ = load_checkpoint(args.checkpoint)
    torch.set_num_threads(args.threads)
    own = read_json(args.score)
    facts = {
        "task": args.task,
        "model": args.model,
        "generation": {name: getattr(args, name) for name in GENERATION},
        "licence": corpus["licence"],
        "latency": [read_json(path) for path in args.latency],
    }
    dictionaries = {side: dictionary(args.bpe, corpus, side) for side in ("source", "target")}
    training_text = (read_lines(args.bpe / f"train.{corpus[side]}") for side in ("source", "target"))
    with replacing_folder(args.output) as folder:
        write_bundle(
            folder,
            model.architecture,
            {name: weight.detach().numpy() for name, weight in model.named_parameters()},
            rows=args.beam,
            preparation=Preparation(**{name: corpus[name] for name in Preparation.__dataclass_fields__}),
            subword_model=None if corpus["already_subwords"] else args.bpe / BPE_FOLDER / "bpe.model",
            dictionaries=dictionaries,
            shortlist=learn(zip(*training_text, strict=True), dictionaries["source"], dictionaries["target"]),
            facts=facts,
        )
        scores = {"trained": own, **verified(folder, model, corpus, args, own)}
        manifest = read_json(folder / MANIFEST)
        del manifest["files"]
        write_manifest(folder, manifest | {"scores": scores})


def dictionary(bpe: Path, corpus: dict[str, Any], side: str) -> list[str]:
    """The symbols of one side, without the special ones."""
    name = "dict.txt" if corpus["dictionary"] == "joint" else f"dict.{corpus[side]}.txt"
    return read_dictionary(bpe / BPE_FOLDER / name)


def verified(
    folder: Path, model: Any, corpus: dict[str, Any], args: argparse.Namespace, own: dict[str, Any]
) -> dict[str, Any]:
    """The scores of the bundle by runtime and number format. InputError when one of them is not near enough."""
    split = own["split"]
    lines = list(read_lines(args.raw / f"{split}.{corpus['source']}"))
    references = list(read_lines(args.tokens / f"{split}.{corpus['target']}"))
    raw_references = list(read_lines(reference_file(args.raw, split, corpus["target"])))

    def scored(name: str, translator: Translator) -> dict[str, Any]:
        progress = Progress(f"export_model {args.model}: {name}", len(lines), unit="sentences")
        best = translator.hypotheses(lines, batch=BATCH, done=lambda count: progress.step(count=count))
        scores = score_translations(
            [hypotheses[0].tokens for hypotheses in best],
            references,
            raw_references,
            language=corpus["target"],
            lowercase=corpus["lowercase"],
        )
        signatures = {metric: scores["signatures"][metric] for metric in METRICS}
        return {metric: scores[metric] for metric in METRICS} | {"signatures": signatures}

    found = {}
    for engine in SHIPPED:
        for dtype in DTYPES:
            name = f"{engine} {dtype}"
            translator = load(folder, engine=engine, dtype=dtype, threads=args.threads)
            if dtype == "float32":
                difference = largest_difference(model, translator, lines[:COMPARED_SENTENCES])
                say(f"export_model {args.model}: {name}: logits within {difference:.1e} of torch's")
                if not difference <= LOGITS:
                    raise InputError(args.checkpoint, f"{name}: logits differ by {difference:.2g}", f"at most {LOGITS}")
            found[name] = scored(name, translator)
            for metric in METRICS:
                if not own[metric] - found[name][metric] <= POINTS[dtype]:
                    told = f"{name}: {metric} is {found[name][metric]:.2f}, that of the trained model {own[metric]:.2f}"
                    raise InputError(args.checkpoint, told, f"at most {POINTS[dtype]} less")
    for dtype in DTYPES:
        name = f"{SHIPPED[0]} {dtype} shortlist"
        found[name] = scored(name, load(folder, engine=SHIPPED[0], dtype=dtype, threads=args.threads, shortlist=True))
    return found


@torch.inference_mode()
def largest_difference(model: Any, translator: Translator, lines: Sequence[str]) -> float:
    """Between the logits of torch and of the bundle, over torch's largest, along the translations of these lines."""
    worst = 0.0
    beam = translator.beam
    for line in lines:
        source = translator.text.ids(line)
        hypotheses = translator.token_ids(source, beam)
        length = max(map(len, hypotheses)) + 1
        past = np.full((beam, length), EOS)
        for row, tokens in enumerate(hypotheses):
            past[row, 1 : len(tokens) + 1] = tokens
        expected = model.start(model.encode(torch.from_numpy(source)[None]), beam)
        state = translator.engine.start(translator.engine.encode(source), beam)
        for step in range(length):
            logits = model.step(torch.from_numpy(past[:, step]), expected).numpy()
            difference = np.abs(translator.engine.step(past[:, step], state) - logits).max()
            worst = max(worst, float(difference / np.abs(logits).max()))
    return worst


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--task", required=True, metavar="NAME", help="of the experiment, for the record")
    p.add_argument("--model", required=True, metavar="NAME", help="its name, for the record")
    p.add_argument("--checkpoint", type=Path, required=True, metavar="PT", help="the trained model")
    p.add_argument("--corpus", required=True, help="corpus: its name or its file")
    p.add_argument("--bpe", type=Path, required=True, metavar="FOLDER", help="text in subwords, with model/")
    p.add_argument("--tokens", type=Path, required=True, metavar="FOLDER", help="the tokenised corpus")
    p.add_argument("--raw", type=Path, required=True, metavar="FOLDER", help="the untouched corpus")
    p.add_argument("--score", type=Path, required=True, metavar="JSON", help="the trained model's, on one split")
    p.add_argument("--latency", type=Path, nargs="*", default=[], metavar="JSON", help="measured ones, for the record")
    p.add_argument("--beam", type=command.positive, default=5, metavar="N", help="the widest that graphs allow")
    p.add_argument("--length-penalty", type=float, default=1.0, metavar="X")
    p.add_argument("--max-len-a", type=float, default=0, metavar="A", help="subwords of a translation at most: A x + B")
    p.add_argument("--max-len-b", type=int, default=200, metavar="B", help="with x subwords in the source")
    p.add_argument("--threads", type=command.positive, default=1, metavar="N")
    p.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="output: what is shipped")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
