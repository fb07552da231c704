"""Beam search against brute force and fairseq's generator; text; bundles written, loaded, damaged; both commands."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import translate as translate_command
from fairseq.data import Dictionary
from fairseq.sequence_generator import SequenceGenerator
from hat.corpus.subwords import SPECIAL_SYMBOLS, learn
from hat.errors import InputError
from hat.files import read_json, write_json
from hat.model.transformer import Transformer
from hat.translator import text
from hat.translator.beam import BLOCK, EOS, best, search
from hat.translator.bundle import MANIFEST, load
from hat.translator.export import write_bundle, write_manifest
from hat.translator.shortlist import Shortlist
from hat.translator.text import Preparation, Text
from hat.translator.translator import ROOM_STEP, Translator
from hat_fairseq.models.transformer import HatTransformer
from hat_workflow.kit import translating_kit

from tests.unit.test_graphs import RUNTIMES, drawn, engine_of
from tests.unit.transformer_world import PAD, SPACES, VOCABULARY

GERMAN = ["der Hund schläft .", "die Katze sieht den Hund !", "ein Mann geht nach Hause .", "zwei Kinder spielen ."]
PREPARATION = Preparation(source="de", target="en", normalise_punctuation=True)


@pytest.mark.parametrize("vocabulary", [7, BLOCK - 1, BLOCK, 3 * BLOCK + 5, 1000])
@pytest.mark.parametrize("count", [2, 10])
def test_the_best_are_exact(vocabulary: int, count: int) -> None:
    rng = np.random.default_rng(vocabulary)
    logits = rng.standard_normal((3, 5, vocabulary)).astype(np.float32)
    logits[1, :, 1] = -np.inf
    offsets = rng.standard_normal((3, 5)).astype(np.float32)
    offsets[2, 1:] = -np.inf
    scores, rows, words = best(logits, offsets, count)
    everything = (logits + offsets[:, :, None]).reshape(3, -1)
    order = np.argsort(-everything, axis=1)[:, :count]
    np.testing.assert_array_equal(scores, np.take_along_axis(everything, order, 1))
    np.testing.assert_array_equal((rows * vocabulary + words)[:2], order[:2])
    finite = np.isfinite(scores[2])
    assert finite.sum() == min(count, vocabulary)
    np.testing.assert_array_equal((rows * vocabulary + words)[2][finite], order[2][finite])


def theirs(model: Transformer, source: Any, beam: int, penalty: float) -> list[tuple[list[int], float]]:
    """The hypotheses of fairseq's generator, and their scores."""
    dictionary = Dictionary()
    for number in range(VOCABULARY - 4):
        dictionary.add_symbol(f"w{number}")
    wrapped = HatTransformer(model, dictionary, dictionary)
    generator = SequenceGenerator([wrapped], dictionary, beam_size=beam, len_penalty=penalty, max_len_b=LONGEST)
    lengths = torch.tensor([len(source)])
    sample = {"net_input": {"src_tokens": torch.from_numpy(source)[None], "src_lengths": lengths}}
    (found,) = generator.generate([wrapped], sample)
    return [(hypothesis["tokens"].tolist()[:-1], float(hypothesis["score"])) for hypothesis in found]


LIKELY_END = 1.8
"""Added to the end's logit."""
LONGEST = 24


def sharpened(space: str, seed: int) -> Transformer:
    """A model of this space whose words are told apart clearly, and which ends its sentences: what it decodes varies
    around a vector that the end's row of the output table points along.
    """
    model = drawn(space, 2 * seed)
    around = model.decoder[-1].ffn_norm.bias
    with torch.no_grad():
        model.embeddings.source_table.mul_(1.5)
        model.embeddings.source_table[EOS, : len(around)] += LIKELY_END * around / around.square().sum()
    return model


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(("beam", "penalty"), [(1, 1.0), (4, 0.6), (5, 1.0), (5, 1.4)])
def test_hypotheses_and_scores_are_those_of_fairseqs_generator(
    space: str, runtime: str, beam: int, penalty: float
) -> None:
    rng = np.random.default_rng(5)
    lengths = set()
    for seed in range(3):
        model = sharpened(space, seed)
        engine = engine_of(model, runtime)
        source = np.append(rng.integers(4, VOCABULARY, 3 + 2 * seed), EOS)
        (ours,) = search(
            engine,
            [engine.encode(source)],
            source_room=len(source),
            beam=beam,
            length_penalty=penalty,
            longest=LONGEST,
        )
        expected = theirs(model, source, beam, penalty)
        assert len(expected) == beam
        assert [list(hypothesis.tokens) for hypothesis in ours] == [tokens for tokens, _ in expected]
        np.testing.assert_allclose([h.score for h in ours], [score for _, score in expected], atol=1e-4)
        lengths |= {len(tokens) for tokens, _ in expected}
    assert beam == 1 or min(lengths) < LONGEST


def test_no_translation_is_longer_than_allowed_nor_empty() -> None:
    model = sharpened("demo", 0)
    engine = engine_of(model, "litert")
    for longest in (1, 4):
        (found,) = search(
            engine, [engine.encode(np.array([7, 8, EOS]))], source_room=8, beam=3, length_penalty=1, longest=longest
        )
        assert found
        assert {len(hypothesis.tokens) for hypothesis in found} <= set(range(1, longest + 1))
        assert not {PAD, EOS} & {token for hypothesis in found for token in hypothesis.tokens}


def symbols(count: int) -> list[str]:
    return [f"w{number}" for number in range(count - len(SPECIAL_SYMBOLS))]


def subword_model(folder: Path) -> Path:
    words = {word: 5 for line in GERMAN for word in line.split()}
    path = folder / "bpe.model"
    path.write_bytes(learn(words, 60, "test"))
    return path


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A bundle of a model whose encoder is wider than its decoder: its tables lie in two places."""
    folder = tmp_path_factory.mktemp("bundle")
    ship = folder / "ship"
    ship.mkdir()
    for seed in range(100):
        sub = SPACES["elastic"].sample(random.Random(seed))
        if sub.encoder_embed_dim > sub.decoder_embed_dim and 3 in sub.decoder_attended_layers:
            break
    torch.manual_seed(3)
    model = Transformer(sub, source_vocabulary=60, target_vocabulary=60, share_embeddings=True).eval()
    model_file = subword_model(folder)
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(model_file))
    pieces = [processor.id_to_piece(number) for number in range(4, 60)]
    weights = {name: weight.detach().numpy() for name, weight in model.named_parameters()}
    facts = {"generation": {"beam": 4, "length_penalty": 1.0, "max_len_b": LONGEST}, "licence": "CC0-1.0"}
    write_bundle(
        ship,
        sub,
        weights,
        rows=5,
        preparation=PREPARATION,
        subword_model=model_file,
        dictionaries={"source": pieces, "target": pieces},
        shortlist=Shortlist(np.arange(12), np.arange(60, dtype=np.int32)[:, None]),
        facts=facts,
    )
    return SimpleNamespace(ship=ship, model=model, pieces=pieces, subwords=model_file)


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_bundle_translates_as_the_model_it_was_made_of(shipped: Any, runtime: str, dtype: str) -> None:
    loaded = load(shipped.ship, engine=runtime, dtype=dtype)
    tools = Text(PREPARATION, shipped.subwords, shipped.pieces, shipped.pieces)
    engine = engine_of(shipped.model, runtime, dtype)
    expected = Translator(engine, tools, beam=4, length_penalty=1.0, max_len_b=LONGEST)
    found = loaded.hypotheses(GERMAN, n_best=4)
    assert found == expected.hypotheses(GERMAN, n_best=4)
    assert all(len(hypotheses) == 4 and hypotheses[0].text for hypotheses in found)
    assert [hypotheses[0].text for hypotheses in found] == loaded.translate(GERMAN)


@pytest.mark.parametrize("shortlist", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_translation_does_not_depend_on_its_batch(shipped: Any, runtime: str, dtype: str, shortlist: bool) -> None:
    loaded = load(shipped.ship, engine=runtime, dtype=dtype, shortlist=shortlist)
    lines = [" ".join(random.Random(seed).choices(" ".join(GERMAN).split(), k=1 + seed % 13)) for seed in range(40)]
    alone = [loaded.hypotheses([line], n_best=2)[0] for line in lines]
    for batch in (1, 3, 16):
        done: list[int] = []
        assert loaded.hypotheses(lines, n_best=2, batch=batch, done=done.append) == alone
        assert sum(done) == len(lines)
    assert len({hypotheses[0].text for hypotheses in alone}) > 10


def test_the_embedding_table_stands_once(shipped: Any) -> None:
    files = read_json(shipped.ship / MANIFEST)["files"]
    words, sub = 60, shipped.model.architecture
    beyond = sub.encoder_embed_dim - sub.decoder_embed_dim
    assert files["tables.float32.bin"]["bytes"] == 4 * words * beyond
    assert files["tables.int8.bin"]["bytes"] == words * (beyond + 2 * 4)
    table = shipped.model.embeddings.source_table.detach().numpy()
    holding = [
        path.name for path in shipped.ship.iterdir() if table[9, : sub.decoder_embed_dim].tobytes() in path.read_bytes()
    ]
    assert holding == ["output.float32.tflite"]


def test_empty_and_long_lines(shipped: Any) -> None:
    loaded = load(shipped.ship)
    long = " ".join(GERMAN * 20)
    found = loaded.translate(["", "  \t", GERMAN[0], long])
    assert found[:2] == ["", ""]
    assert found[2] == loaded.translate(GERMAN[:1])[0]
    assert found[3]
    assert len(loaded.text.ids(long)) > 200


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"beam": 6}, "beam: 6; legal: 1 to 5"),
        ({"beam": 2, "n_best": 3}, "n-best: 3; legal: 1 to 2"),
        ({"batch": 0}, "batch: 0; legal: 1 or more"),
    ],
)
def test_options_that_a_bundle_cannot_serve(shipped: Any, options: dict[str, int], told: str) -> None:
    with pytest.raises(InputError) as caught:
        load(shipped.ship).hypotheses(GERMAN, **options)  # type: ignore[arg-type]
    assert str(caught.value) == told


def copied(shipped: Any, folder: Path) -> Path:
    copy = folder / "ship"
    copy.mkdir()
    for path in shipped.ship.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


@pytest.mark.parametrize("name", ["encoder.float32.tflite", "output.float32.tflite", "source.txt", "subwords.model"])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_damage_is_found_and_named(shipped: Any, tmp_path: Path, name: str, runtime: str) -> None:
    ship = copied(shipped, tmp_path)
    content = bytearray((ship / name).read_bytes())
    content[len(content) // 2] ^= 1
    (ship / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"ship/{name}: damaged"):
        load(ship, engine=runtime)
    (ship / name).unlink()
    with pytest.raises(InputError, match=rf"ship/{name}: no such file"):
        load(ship, engine=runtime)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("format", 99, "format 99; legal: 2"),
        ("rows", None, "missing key 'rows'"),
        ("text", {"source": "de"}, "text: source; legal: aggressive_hyphens, already_subwords,"),
    ],
)
def test_a_manifest_of_another_kind_is_refused(shipped: Any, tmp_path: Path, key: str, value: Any, told: str) -> None:
    ship = copied(shipped, tmp_path)
    manifest = read_json(ship / MANIFEST)
    manifest.pop(key)
    write_json(ship / MANIFEST, manifest if value is None else manifest | {key: value})
    with pytest.raises(InputError, match=rf"manifest\.json: {told}"):
        load(ship)


def test_what_a_bundle_does_not_have_is_named(shipped: Any, tmp_path: Path) -> None:
    for options, told in (
        ({"dtype": "int4"}, "no weights in int4; legal: float32, int8"),
        ({"engine": "abacus"}, "no graphs for the engine 'abacus'; legal: litert, onnxruntime"),
    ):
        with pytest.raises(InputError, match=told):
            load(shipped.ship, **options)
    with pytest.raises(InputError, match=r"manifest\.json: No such file"):
        load(tmp_path)


def test_a_manifest_lists_every_other_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    write_manifest(tmp_path, {"rows": 5})
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert read_json(tmp_path / MANIFEST) == {"rows": 5, "files": {"a": {"bytes": 3, "sha256": sha256}}}


def test_text_is_prepared_as_its_corpus_was(tmp_path: Path) -> None:
    model = subword_model(tmp_path)
    tools = Text(PREPARATION, model, ["▁Hund", "!"], ["▁dog", "s", "▁sleeps", "▁."])
    assert tools.ids("").tolist() == [EOS]
    assert tools.ids("„Hund!“").tolist()[1:] == tools.ids('"Hund!"').tolist()[1:]
    assert tools.tokens([4, 5, 6, 7, 3]) == "dogs sleeps .<unk>"
    assert tools.plain(["dogs sleep .", 'a " dog "']) == ["dogs sleep.", 'a "dog"']
    split = Preparation(**{**PREPARATION.to_dict(), "already_subwords": True, "lowercase": True})
    tools = Text(split, None, ["hun@@", "d"], ["do@@", "gs"])
    assert tools.ids("Hun@@ d x").tolist() == [4, 5, 3, EOS]
    assert tools.tokens([4, 5]) == "dogs"
    assert SPECIAL_SYMBOLS == text.SPECIAL_SYMBOLS


def run_command(ship: Path, content: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    """In a fresh process that tells whether torch was imported."""
    root = Path(__file__).parents[2]
    code = "import sys, translate\nfrom hat_workflow import command\n"
    code += "command.run(translate.parser(), translate.main)\nassert 'torch' not in sys.modules"
    path = os.pathsep.join([str(root / "workflow_scripts"), *sys.path])
    words = (sys.executable, "-c", code, "--model", str(ship), *words)
    return subprocess.run(words, input=content, capture_output=True, env=os.environ | {"PYTHONPATH": path}, check=False)


def test_the_command_translates_without_torch(shipped: Any) -> None:
    content = "".join(f"{line}\n" for line in [GERMAN[0], "", GERMAN[1]]).encode()
    expected = load(shipped.ship, engine="litert").hypotheses([GERMAN[0], "", GERMAN[1]], n_best=2, beam=3)
    plain = run_command(shipped.ship, content, "--engine", "litert", "--beam", "3")
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout.decode().split("\n")[:-1] == [found[0].text for found in expected]
    several = run_command(shipped.ship, content, "--beam", "3", "--n-best", "2", "--batch", "4")
    assert several.returncode == 0, several.stderr
    assert several.stdout.decode().split("\n")[:-1] == [
        f"{number}\t{hypothesis.score:.4f}\t{hypothesis.text}"
        for number, found in enumerate(expected, start=1)
        for hypothesis in found
    ]


def test_the_command_says_what_is_wrong_in_one_line(shipped: Any) -> None:
    for words, content, told in (
        (["--beam", "9"], b"", "error: beam: 9; legal: 1 to 5"),
        ([], b"Hund\n\xff\n", "error: standard input: line 2: not UTF-8 at byte 0; legal: UTF-8"),
    ):
        run = run_command(shipped.ship, content, *words)
        lines = [line for line in run.stderr.decode().splitlines() if not line.startswith("INFO")]
        assert (run.returncode, lines) == (2, [told])


def test_one_packed_file_translates_alone(shipped: Any, tmp_path: Path) -> None:
    archive, words = tmp_path / "translate.pyz", ["--model", str(shipped.ship)]
    archive.write_bytes(translating_kit(["onnxruntime"]))
    content = "".join(f"{line}\n" for line in GERMAN)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(archive), *words]
        return subprocess.run(command, cwd=tmp_path, input=content, capture_output=True, text=True, check=False)

    assert run(*words).stdout.splitlines() == load(shipped.ship, engine="onnxruntime").translate(GERMAN)
    refused = run(*words, "--engine", "litert")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_only_a_newline_ends_a_line() -> None:
    stream: Any = io.BytesIO("a\u2028b\x0cc\rd\n\ne".encode())
    assert list(translate_command.text_lines(stream)) == ["a\u2028b\x0cc\rd", "", "e"]


def test_rooms_depend_on_the_sentence_alone() -> None:
    tools: Any = SimpleNamespace()
    engine: Any = SimpleNamespace(independent=True, rows=5)
    translator = Translator(engine, tools, beam=5, length_penalty=1.0)
    lengths = [1, 9, ROOM_STEP, 2, 16, 17, 10]
    assert list(translator._batches(lengths, 2)) == [([3, 2], 8), ([1, 6], 16), ([4], 16), ([5], 24)]
    engine.independent = False
    assert [len(numbers) for numbers, _ in translator._batches(lengths, 2)] == [1] * 6


def test_parser_has_the_options_that_the_documentation_names() -> None:
    args = translate_command.parser().parse_args(["--model", "ship"])
    assert args == Namespace(
        model=Path("ship"),
        engine=None,
        dtype="float32",
        shortlist=False,
        threads=1,
        beam=None,
        length_penalty=None,
        n_best=1,
        batch=1,
    )
