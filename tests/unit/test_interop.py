"""The authors' checkpoints compute here what they compute there, and their architecture files are read and written."""

from __future__ import annotations

import importlib
import random
import sys
from argparse import Namespace
from collections import OrderedDict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import convert_architecture
import import_checkpoint
import pytest
import torch
import yaml
from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.files import file_digest, read_json
from hat.interop.architectures import read_architecture, write_architecture
from hat.interop.checkpoints import AuthorsCheckpoint
from hat.model.checkpoint import load_checkpoint
from hat_workflow import command
from hypothesis import given
from hypothesis import strategies as st

from tests.spaces import SMALL, WMT, WMT_SIXTEENTH
from tests.unit import authors_checkpoint as authors
from tests.unit.transformer_world import close

SOURCE, PREVIOUS = [7, 28, 4, 11, 9, 2], [2, 5, 17, 28, 6]
SUB = SubTransformer(
    encoder_embed_dim=512,
    encoder_ffn_dims=(3072, 3072, 1024, 2048, 3072, 3072),
    encoder_self_heads=(8, 8, 4, 8, 8, 4),
    decoder_embed_dim=640,
    decoder_ffn_dims=(1024, 2048, 3072),
    decoder_self_heads=(4, 8, 8),
    decoder_cross_heads=(8, 4, 8),
    decoder_attended_layers=(1, 2, 3),
    qkv_dim=512,
    position_dim=640,
)
FLAT = """\
encoder-embed-dim-subtransformer: 512
decoder-embed-dim-subtransformer: 640
encoder-ffn-embed-dim-all-subtransformer: [3072, 3072, 1024, 2048, 3072, 3072]
decoder-ffn-embed-dim-all-subtransformer: [1024, 2048, 3072]
encoder-layer-num-subtransformer: 6
decoder-layer-num-subtransformer: 3
encoder-self-attention-heads-all-subtransformer: [8, 8, 4, 8, 8, 4]
decoder-self-attention-heads-all-subtransformer: [4, 8, 8]
decoder-ende-attention-heads-all-subtransformer: [8, 4, 8]
decoder-arbitrary-ende-attn-all-subtransformer: [-1, 1, 2]
"""


@pytest.fixture(autouse=True)
def no_grad() -> Iterator[None]:
    with torch.no_grad():
        yield


def released(folder: Path, share: bool = True, **options: Any) -> Path:
    return authors.write(folder / "theirs.pt", authors.arguments(share), authors.weights(share), **options)


@pytest.mark.parametrize("share", [True, False], ids=["joint", "separate"])
@pytest.mark.parametrize("seed", range(4))
def test_an_imported_subtransformer_computes_what_theirs_computes(tmp_path: Path, share: bool, seed: int) -> None:
    path = released(tmp_path, share, zipped=bool(seed % 2))
    sub = WMT_SIXTEENTH.sample(random.Random(seed))
    source, previous = torch.tensor([SOURCE]), torch.tensor([PREVIOUS])
    dense, whole = AuthorsCheckpoint(path).dense(sub), AuthorsCheckpoint(path).supertransformer()
    expected = authors.logits(authors.weights(share), sub, SOURCE, PREVIOUS)
    assert dense.architecture == sub
    assert close(dense(source, previous)[0].double(), expected)
    whole.activate(sub)
    assert close(whole(source, previous)[0].double(), expected)
    extracted = dict(whole.extract(sub).named_parameters())
    assert all(torch.equal(weight, extracted[name]) for name, weight in dense.named_parameters())


def test_the_supertransformer_is_that_of_the_space_and_holds_every_weight(tmp_path: Path) -> None:
    for share in (True, False):
        whole, theirs = AuthorsCheckpoint(released(tmp_path, share)).supertransformer(), authors.weights(share)
        assert (whole.architecture, whole.share_embeddings, whole.dropout) == (WMT_SIXTEENTH.maximum, share, 0.3)
        assert not whole.training
        found = torch.cat([weight.flatten() for weight in whole.parameters()]).sort().values
        used = {id(weight): weight for key, weight in theirs.items() if "version" not in key and "float" not in key}
        assert torch.equal(found, torch.cat([weight.flatten() for weight in used.values()]).sort().values)


def test_half_precision_weights_become_full(tmp_path: Path) -> None:
    half = {key: weight.half() for key, weight in authors.weights(True).items()}
    model = AuthorsCheckpoint(authors.write(tmp_path / "half.pt", authors.arguments(True), half)).supertransformer()
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert torch.equal(model.encoder[0].ffn.expand.bias, half["encoder.layers.0.fc1.bias"].float())


def test_the_meters_of_a_training_are_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class AverageMeter:
        def __init__(self) -> None:
            self.sum, self.count = 3.5, 2

    importlib.import_module("fairseq")  # the current one has a module of that name elsewhere
    old = ModuleType("fairseq.meters")
    monkeypatch.setitem(sys.modules, old.__name__, old)
    AverageMeter.__module__, AverageMeter.__qualname__ = old.__name__, "AverageMeter"
    old.AverageMeter = AverageMeter  # type: ignore[attr-defined]
    meters = {"train_meters": OrderedDict(train_loss=AverageMeter())}
    path = released(tmp_path, extra_state=meters)
    assert AuthorsCheckpoint(path).supertransformer().architecture == WMT_SIXTEENTH.maximum


class Explosive:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("exploded"),))  # type: ignore[return-value]


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(("thing", "named"), [(Explosive(), "getattr"), (Fraction(1, 3), "fractions.Fraction")])
def test_objects_of_other_kinds_are_never_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thing: object, named: str, zipped: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    allowed = set(torch.serialization.get_safe_globals())
    args, weights = authors.arguments(True), authors.weights(True)
    for path in (
        authors.write(tmp_path / "beside.pt", args, weights, zipped=zipped, extra_state={"meter": thing}),
        authors.write(tmp_path / "args.pt", Namespace(**vars(args), criterion=thing), weights, zipped=zipped),
        authors.write(tmp_path / "model.pt", args, weights | {"encoder.version": thing}, zipped=zipped),
    ):
        with pytest.raises(InputError, match=rf"^{path}: asks for {named}, which is never loaded; legal: tensors"):
            AuthorsCheckpoint(path).supertransformer()
    assert not (tmp_path / "exploded").exists()
    assert set(torch.serialization.get_safe_globals()) == allowed


def changed(*absent: str, **more: object) -> dict[str, object]:
    kept = {key: weight for key, weight in authors.weights(True).items() if key not in absent}
    return kept | {key.replace("__", "."): value for key, value in more.items()}


BIAS, FUSED = "encoder.layers.5.fc1.bias", "decoder.layers.2.encoder_attn.in_proj_weight"
WRONG_WEIGHTS = {
    f"weights missing {FUSED}, {BIAS}": changed(BIAS, FUSED),
    "weights unknown decoder.embed_out, encoder.layer_norm.bias": changed(
        decoder__embed_out=torch.zeros(29, 40), encoder__layer_norm__bias=torch.zeros(40)
    ),
    f"weights missing {BIAS} and unknown encoder.layers.6.fc1.bias": changed(
        BIAS, encoder__layers__6__fc1__bias=torch.zeros(192)
    ),
    "encoder.embed_tokens.weight: missing": changed("encoder.embed_tokens.weight"),
    f"{FUSED}: shape (96, 32); legal: (96, 40)": changed() | {FUSED: torch.zeros(96, 32)},
    f"{BIAS}: shape (192, 1); legal: (192,)": changed() | {BIAS: torch.zeros(192, 1)},
    f"{BIAS}: no tensor": changed() | {BIAS: [1.0]},
    "encoder.embed_tokens.weight: shape (); legal: (words, 40)": changed(encoder__embed_tokens__weight=torch.zeros(())),
    "decoder.embed_tokens.weight: shape (33, 40); legal: (29, 40)": changed(
        decoder__embed_tokens__weight=torch.zeros(33, 40)
    ),
    "encoder.embed_tokens.weight and decoder.embed_tokens.weight differ": changed(
        decoder__embed_tokens__weight=torch.zeros(29, 40)
    ),
}
WRONG_ARGUMENTS = {
    "args.encoder_layers: None": {"encoder_layers": None},
    "args.qkv_dim: '32'": {"qkv_dim": "32"},
    "args: qkv_dim 32 is not divisible by 7 heads": {"decoder_attention_heads": 7},
    "args: encoder_ffn_dims must list whole numbers from 1 to 1000000, not ()": {"encoder_layers": 0},
    "args.share_all_embeddings: 1; legal: true or false": {"share_all_embeddings": 1},
    "args.dropout: 1.5": {"dropout": 1.5},
    "args.activation_fn: 'gelu'; legal: 'relu'": {"activation_fn": "gelu"},
    "args.decoder_normalize_before: True; legal: False": {"decoder_normalize_before": True},
}


@pytest.mark.parametrize("line", WRONG_WEIGHTS)
def test_wrong_weights_are_one_line_that_names_the_keys(tmp_path: Path, line: str) -> None:
    path = authors.write(tmp_path / "theirs.pt", authors.arguments(True), WRONG_WEIGHTS[line])
    with pytest.raises(InputError) as error:
        AuthorsCheckpoint(path).supertransformer()
    assert str(error.value).startswith(f"{path}: {line}")


@pytest.mark.parametrize("line", WRONG_ARGUMENTS)
def test_wrong_arguments_are_one_line(tmp_path: Path, line: str) -> None:
    args = authors.arguments(**{"share": True} | WRONG_ARGUMENTS[line])  # type: ignore[arg-type]
    path = authors.write(tmp_path / "theirs.pt", args, authors.weights(True))
    with pytest.raises(InputError) as error:
        AuthorsCheckpoint(path).supertransformer()
    assert str(error.value).startswith(f"{path}: {line}")


def test_sides_of_unequal_widths_are_refused_for_their_sinusoids_differ(tmp_path: Path) -> None:
    args = authors.arguments(False, decoder_embed_dim=32)
    path = authors.write(tmp_path / "theirs.pt", args, authors.weights(False, decoder_width=32))
    with pytest.raises(InputError, match=r"args: encoder 40 and decoder 32 wide; legal: one width$"):
        AuthorsCheckpoint(path).supertransformer()


def test_broken_files_are_one_line(tmp_path: Path) -> None:
    for zipped in (True, False):
        good = released(tmp_path, zipped=zipped).read_bytes()
        for name, content in {
            "empty": b"",
            "text": b"no checkpoint\n",
            "short": good[: len(good) // 2],
            "almost": good[:-30],
        }.items():
            path = tmp_path / f"{name}.pt"
            path.write_bytes(content)
            with pytest.raises(InputError, match=f"^{path}: corrupt "):
                AuthorsCheckpoint(path).supertransformer()
    torch.save([1], tmp_path / "list.pt")
    torch.save({"args": {"encoder_layers": 6}, "model": {}}, tmp_path / "dictionary.pt")
    for name, problem in (("list", "no checkpoint"), ("dictionary", "no checkpoint"), ("absent", "No such file")):
        with pytest.raises(InputError, match=problem):
            AuthorsCheckpoint(tmp_path / f"{name}.pt").supertransformer()


def test_a_subtransformer_must_fit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not fit inside"):
        AuthorsCheckpoint(released(tmp_path)).dense(SUB)


def test_golden_architecture_file(tmp_path: Path) -> None:
    path = tmp_path / "flat.yaml"
    write_architecture(path, SUB)
    assert path.read_text() == FLAT
    assert read_architecture(path) == SUB
    SUB.save(tmp_path / "own.yaml")
    assert read_architecture(tmp_path / "own.yaml") == SUB


@given(st.tuples(*[st.sampled_from(choices) for choices in WMT.genes()]))
def test_architecture_files_go_there_and_back(tmp_path_factory: pytest.TempPathFactory, genes: tuple[int, ...]) -> None:
    path = tmp_path_factory.getbasetemp() / "there-and-back.yaml"
    write_architecture(path, WMT.decode(genes))
    assert read_architecture(path) == WMT.decode(genes)


def test_long_lists_are_cut_and_other_settings_ignored(tmp_path: Path) -> None:
    longer = FLAT.replace("[-1, 1, 2]", "[-1, 1, 2, -1, 9, x]").replace("[4, 8, 8]", "[4, 8, 8, 4, 4, 4]")
    (tmp_path / "long.yaml").write_text(f"# theirs\narch: transformersuper\nlr: [0.001]\n\n{longer}")
    assert read_architecture(tmp_path / "long.yaml") == SUB


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("[-1, 1, 2]", "[-1, 1]", r"decoder-arbitrary-\S+: \[-1, 1\]; legal: a list of 3, one for each layer"),
        ("[-1, 1, 2]", "[-1, 1, 3]", r"decoder-arbitrary-\S+: \[-1, 1, 3\]; legal: -1, 1 or 2"),
        ("[-1, 1, 2]", "[-1, true, 2]", r"decoder-arbitrary-\S+: \[-1, True, 2\]; legal: -1, 1 or 2"),
        ("[-1, 1, 2]", "2", r"decoder-arbitrary-\S+: 2; legal: a list of 3"),
        ("[8, 4, 8]", "[8, 4, a]", "decoder_cross_heads must list whole numbers from 1 to 1000000"),
        ("[8, 4, 8]", "[8, 4, 7]", "qkv_dim 512 is not divisible by 7 heads"),
        (
            "num-subtransformer: 3",
            "num-subtransformer: true",
            "decoder-layer-num-subtransformer: True; legal: a positive",
        ),
        ("num-subtransformer: 6", "num-subtransformer: 2", "exceed the encoder's layers"),
        ("encoder-embed-dim-sub", "encoder-embed-dims-sub", "unknown key .*did you mean 'encoder-embed-dim-sub"),
        ("encoder-layer-num-subtransformer: 6\n", "", "missing key 'encoder-layer-num-subtransformer'"),
        ("-subtransformer: 640", "-subtransformer: 1024", "position_dim 640 is narrower"),
        ("[8, 4, 8]", "[8, 4, 8", "line "),
    ],
)
def test_wrong_architecture_files_are_one_line(tmp_path: Path, old: str, new: str, line: str) -> None:
    path = tmp_path / "wrong.yaml"
    assert old in FLAT
    path.write_text(FLAT.replace(old, new))
    with pytest.raises(InputError, match=f"^{path}: .*{line}"):
        read_architecture(path)


def run(monkeypatch: pytest.MonkeyPatch, module: Any, **options: object) -> None:
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    monkeypatch.setattr(sys, "argv", [module.__name__, *words])
    command.run(module.parser(), module.main)


@pytest.mark.parametrize("form", ["none", "hat", "authors"])
def test_import_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    theirs, architecture = released(tmp_path), tmp_path / "architecture.yaml"
    sub, options = WMT_SIXTEENTH.sample(random.Random(3)), {"architecture": architecture}
    if form == "hat":
        sub.save(architecture)
    elif form == "authors":
        write_architecture(architecture, sub, qkv_dim=32, position_dim=40)
        options["label_smoothing"] = 0.05  # type: ignore[assignment]
    else:
        sub, options = WMT_SIXTEENTH.maximum, {}
    outputs = {"output": "ours.pt", "architecture_copy": "copy.yaml", "report": "report.json"}
    options |= {name: tmp_path / "made" / file for name, file in outputs.items()}
    options |= {"task": "wmt", "model": "theirs"}  # type: ignore[dict-item]
    run(monkeypatch, import_checkpoint, checkpoint=theirs, downloads=tmp_path, **options)
    model, facts = load_checkpoint(options["output"])
    smoothing = 0.05 if form == "authors" else 0.2
    assert facts == {"imported_from": "theirs.pt", "sha256": file_digest(theirs), "label_smoothing": smoothing}
    assert list(read_json(options["report"]).items()) == [("task", "wmt"), ("model", "theirs"), *facts.items()]
    assert SubTransformer.load(options["architecture_copy"]) == model.architecture == sub
    found = model(torch.tensor([SOURCE]), torch.tensor([PREVIOUS]))[0].double()
    assert close(found, authors.logits(authors.weights(True), sub, SOURCE, PREVIOUS))


def test_the_paper_s_label_smoothing_where_the_file_tells_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    args = authors.arguments(True)
    del args.label_smoothing
    theirs = authors.write(tmp_path / "theirs.pt", args, authors.weights(True))
    outputs = {"output": "ours.pt", "architecture_copy": "copy.yaml", "report": "report.json"}
    places = {"downloads": tmp_path} | {name: tmp_path / file for name, file in outputs.items()}
    run(monkeypatch, import_checkpoint, checkpoint=theirs, task="wmt", model="theirs", **places)
    assert read_json(tmp_path / "report.json")["label_smoothing"] == 0.1


def test_convert_architecture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own, flat, back = (tmp_path / f"{name}.yaml" for name in ("own", "flat", "back"))
    SUB.save(own)
    run(monkeypatch, convert_architecture, architecture=own, to="authors", output=flat)
    assert yaml.safe_load(flat.read_text()) == yaml.safe_load(FLAT)
    run(monkeypatch, convert_architecture, architecture=flat, to="hat", output=back)
    assert back.read_bytes() == own.read_bytes()
    small = SMALL.sample(random.Random(1))
    small.save(own)
    flat.unlink()
    with pytest.raises(SystemExit):
        run(monkeypatch, convert_architecture, architecture=own, to="authors", output=flat)
    assert "cannot hold qkv_dim 32 and position_dim 64; legal: 512 and 640" in capsys.readouterr().err
    assert not flat.exists()
    widths = {"qkv_dim": 32, "position_dim": 64}
    run(monkeypatch, convert_architecture, architecture=own, to="authors", output=flat, **widths)
    assert read_architecture(flat, **widths) == small
