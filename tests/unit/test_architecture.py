"""SubTransformers and design spaces: golden counts, properties of genes, round trips, one clear line for bad input."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hat.architecture import FEATURE_NAMES, DesignSpace, SubTransformer, sampled_subtransformer
from hat.errors import InputError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spaces import WMT

QUICK = settings(max_examples=40)
SUB: dict[str, Any] = {
    "encoder_embed_dim": 640,
    "encoder_ffn_dims": [1024, 2048, 3072],
    "encoder_self_heads": [8, 4, 4],
    "decoder_embed_dim": 512,
    "decoder_ffn_dims": [3072, 1024],
    "decoder_self_heads": [4, 8],
    "decoder_cross_heads": [8, 8],
    "decoder_attended_layers": [1, 3],
    "qkv_dim": 512,
    "position_dim": 640,
}


@st.composite
def spaces(draw: st.DrawFn) -> DesignSpace:
    """Small spaces of every shape: elastic encoders, single choices, attended layers beyond shallow encoders."""

    def some(*values: int) -> tuple[int, ...]:
        return tuple(draw(st.lists(st.sampled_from(values), min_size=1, max_size=3)))

    encoder_layers = some(1, 2, 3)
    attended = tuple(n for n in some(1, 2, 3) if n <= max(encoder_layers)) or (1,)
    return DesignSpace(
        encoder_embed_dim=some(8, 12, 16),
        encoder_layers=encoder_layers,
        encoder_ffn_dim=some(4, 8, 16),
        encoder_self_heads=some(1, 2, 4),
        decoder_embed_dim=some(6, 8, 16),
        decoder_layers=some(1, 2, 4),
        decoder_ffn_dim=some(4, 8, 16),
        decoder_self_heads=some(1, 2, 4),
        decoder_cross_heads=some(1, 2, 4),
        decoder_attended_layers=attended,
        qkv_dim=8,
    )


def all_architectures(space: DesignSpace) -> set[SubTransformer]:
    vectors: list[tuple[int, ...]] = [()]
    for choices in space.genes():
        vectors = [(*vector, value) for vector in vectors for value in choices]
    return {space.decode(vector) for vector in vectors}


def test_the_paper_s_space_has_the_published_size() -> None:
    """HAT, section 4.1: about 10^15; the exact counts are recomputed from the authors' choice lists."""
    assert WMT.count_architectures() == 417_846_678_672_384
    assert WMT.count_genotypes() == 2_437_438_960_041_984
    assert len(WMT.genes()) == 40


def test_counting_agrees_with_enumeration() -> None:
    space = DesignSpace(
        encoder_embed_dim=(8, 16),
        encoder_layers=(1, 2),
        encoder_ffn_dim=(4, 8),
        encoder_self_heads=(1,),
        decoder_embed_dim=(16,),
        decoder_layers=(1, 2),
        decoder_ffn_dim=(4, 8),
        decoder_self_heads=(1, 2),
        decoder_cross_heads=(2,),
        decoder_attended_layers=(1, 2),
        qkv_dim=8,
    )
    assert len(all_architectures(space)) == space.count_architectures() == 2 * (2 * (4 + 16) + 4 * (8 + 64))


def test_the_order_of_genes_is_fixed() -> None:
    genes = [512, 6, *range(101, 107), *[8] * 6, 640, 2, *range(201, 207), *[4] * 6, *[8] * 6, 3, 1, 2, 2, 2, 2]
    sub = WMT.decode(genes)
    assert sub.encoder_ffn_dims == (101, 102, 103, 104, 105, 106)
    assert (sub.encoder_embed_dim, sub.decoder_embed_dim) == (512, 640)
    assert (sub.encoder_self_heads, sub.decoder_self_heads, sub.decoder_cross_heads) == ((8,) * 6, (4, 4), (8, 8))
    assert sub.decoder_ffn_dims == (201, 202)
    assert sub.decoder_attended_layers == (3, 1)
    assert (sub.qkv_dim, sub.position_dim) == (512, 640)


def test_a_sample_that_was_looked_at_stays_as_it_was() -> None:
    """Training draws its SubTransformers by (seed, update): another stream would break a resumed run."""
    sub = sampled_subtransformer(WMT, seed=1, update=0)
    assert sub == sampled_subtransformer(WMT, seed=1, update=0)
    assert sub.to_row() == {
        "encoder_embed_dim": "640",
        "encoder_ffn_dims": "2048;3072;3072;2048;1024;2048",
        "encoder_self_heads": "4;4;8;4;8;8",
        "decoder_embed_dim": "640",
        "decoder_ffn_dims": "3072;2048;2048;2048;3072",
        "decoder_self_heads": "8;8;4;4;4",
        "decoder_cross_heads": "4;4;8;4;8",
        "decoder_attended_layers": "1;1;2;3;1",
        "qkv_dim": "512",
        "position_dim": "640",
    }


def test_samples_of_updates_are_uniform_and_hardly_ever_repeat() -> None:
    subs = [sampled_subtransformer(WMT, seed=1, update=update) for update in range(3000)]
    assert len(set(subs)) > 2990
    depths = Counter(sub.decoder_layers for sub in subs)
    assert set(depths) == {1, 2, 3, 4, 5, 6}
    assert all(abs(count - 500) < 100 for count in depths.values())
    assert abs(sum(sub.encoder_embed_dim == 640 for sub in subs) - 1500) < 140
    assert [sampled_subtransformer(WMT, seed=2, update=u) for u in range(5)] != subs[:5]


def test_the_extremes() -> None:
    assert WMT.maximum.encoder_ffn_dims == (3072,) * 6
    assert WMT.maximum.decoder_attended_layers == (3,) * 6
    assert WMT.largest.decoder_attended_layers == (2,) * 6
    assert WMT.largest.decoder_ffn_dims == (3072,) * 6
    assert WMT.smallest.decoder_ffn_dims == (1024,)
    assert WMT.smallest.decoder_attended_layers == (2,)
    assert (WMT.smallest.encoder_embed_dim, WMT.smallest.decoder_self_heads) == (512, (4,))
    assert WMT.feature_maxima() == (640, 6, 3072, 8, 640, 6, 3072, 8, 8, 3)


def test_where_no_choice_is_two_layers_the_extremes_take_the_space_s_own() -> None:
    space = DesignSpace(**{**vars(WMT), "decoder_attended_layers": (1, 3)})
    assert space.largest.decoder_attended_layers == (3,) * 6
    assert space.smallest.decoder_attended_layers == (1,)


@QUICK
@given(space=spaces(), seed=st.integers())
def test_whatever_is_drawn_lies_in_the_space(space: DesignSpace, seed: int) -> None:
    rng = random.Random(seed)
    first, second = space.sample_genes(rng), space.sample_genes(rng)
    mutant, child = space.mutate(first, 0.3, rng), space.crossover(first, second, rng)
    for genes in (first, second, mutant, child):
        assert all(gene in choices for gene, choices in zip(genes, space.genes(), strict=True))
        sub = space.decode(genes)
        assert sub in space
        assert max(sub.decoder_attended_layers) <= sub.encoder_layers
    assert all(gene in pair for gene, *pair in zip(child, first, second, strict=True))
    assert space.sample(rng) in space
    for sub in (space.maximum, space.largest, space.smallest):
        assert sub in space


@QUICK
@given(space=spaces(), seed=st.integers())
def test_mutation_probabilities_zero_and_one(space: DesignSpace, seed: int) -> None:
    genes = space.sample_genes(random.Random(seed))
    assert space.mutate(genes, 0.0, random.Random(seed)) == genes
    other = space.mutate(genes, 1.0, random.Random(seed))
    assert all(gene in choices for gene, choices in zip(other, space.genes(), strict=True))


def test_mutation_redraws_each_gene_with_its_probability() -> None:
    rng, genes = random.Random(0), WMT.sample_genes(random.Random(1))
    mutants = [WMT.mutate(genes, 0.3, rng) for _ in range(500)]
    changed = sum(a != b for mutant in mutants for a, b in zip(genes, mutant, strict=True))
    # a redrawn gene keeps its value with chance 1 / choices
    expected = 500 * sum(0.3 * (1 - 1 / len(choices)) for choices in WMT.genes())
    assert abs(changed - expected) < 0.05 * expected


@QUICK
@given(space=spaces(), seed=st.integers())
def test_neutral_genes_change_nothing(space: DesignSpace, seed: int) -> None:
    rng = random.Random(seed)
    genes = list(space.sample_genes(rng))
    sub = space.decode(genes)
    deepest = max(space.decoder_layers)
    for kind in range(1, 5):  # the four per-layer lists of the decoder stand last
        for layer in range(sub.decoder_layers, deepest):
            choices = space.genes()[-deepest * kind + layer]
            genes[-deepest * kind + layer] = rng.choice(choices)
    assert space.decode(genes) == sub
    assert space.decode(genes).key == sub.key


def test_attended_layers_never_exceed_the_encoder_s_depth() -> None:
    space = DesignSpace(**{**vars(WMT), "encoder_layers": (1, 2, 3)})
    for depth in (1, 2, 3):
        genes = [640, depth, *[1024] * 3, *[8] * 3, 640, 6, *[1024] * 6, *[8] * 6, *[8] * 6, 1, 2, 3, 3, 2, 1]
        attended = space.decode(genes).decoder_attended_layers
        assert attended == tuple(min(depth, n) for n in (1, 2, 3, 3, 2, 1))
        assert space.decode(genes) in space
    only_three = DesignSpace(**{**vars(space), "decoder_attended_layers": (3,)})
    shallow = only_three.decode([640, 1, *[1024] * 3, *[8] * 3, 640, 1, *[1024] * 6, *[8] * 12, *[3] * 6])
    assert shallow.decoder_attended_layers == (1,)
    assert shallow in only_three


def test_what_does_not_lie_in_the_space() -> None:
    inside = WMT.largest.to_dict()
    assert SubTransformer.from_dict(inside) in WMT
    for name, value in (
        ("encoder_embed_dim", 576),
        ("decoder_embed_dim", 500),
        ("encoder_ffn_dims", [3072] * 5 + [512]),
        ("encoder_self_heads", [8] * 5 + [2]),
        ("decoder_ffn_dims", [3072] * 5 + [3073]),
        ("decoder_self_heads", [8] * 5 + [16]),
        ("decoder_cross_heads", [8] * 5 + [1]),
        ("decoder_attended_layers", [2] * 5 + [4]),
        ("qkv_dim", 1024),
        ("position_dim", 1024),
    ):
        assert SubTransformer.from_dict(inside | {name: value}) not in WMT, name
    shallow = inside | {"encoder_ffn_dims": [3072] * 5, "encoder_self_heads": [8] * 5}
    assert SubTransformer.from_dict(shallow) not in WMT
    deep = {name: [*value, value[0]] for name, value in inside.items() if name in DECODER_LISTS}
    assert SubTransformer.from_dict(inside | deep) not in WMT


DECODER_LISTS = ("decoder_ffn_dims", "decoder_self_heads", "decoder_cross_heads", "decoder_attended_layers")


@QUICK
@given(space=spaces(), seed=st.integers())
def test_round_trips(space: DesignSpace, seed: int) -> None:
    sub = space.sample(random.Random(seed))
    assert SubTransformer.from_dict(sub.to_dict()) == sub
    assert DesignSpace.from_dict(space.to_dict()) == space
    text = io.StringIO()
    table = csv.DictWriter(text, [*sub.to_row(), "latency_ms"])
    table.writeheader()
    table.writerow(sub.to_row() | {"latency_ms": "3.5"})
    text.seek(0)
    assert SubTransformer.from_row(next(csv.DictReader(text))) == sub


def test_yaml_round_trip(tmp_path: Path) -> None:
    sub = SubTransformer.from_dict(SUB)
    sub.save(tmp_path / "sub.yaml")
    assert SubTransformer.load(tmp_path / "sub.yaml") == sub
    assert "encoder_ffn_dims: [1024, 2048, 3072]" in (tmp_path / "sub.yaml").read_text()


@QUICK
@given(space=spaces(), seed=st.integers(), other=st.integers())
def test_keys_are_equal_exactly_when_architectures_are(space: DesignSpace, seed: int, other: int) -> None:
    first, second = space.sample(random.Random(seed)), space.sample(random.Random(other))
    assert (first.key == second.key) == (first == second)
    assert "\n" not in first.key


def test_the_key_is_canonical() -> None:
    shuffled = dict(reversed(SUB.items()))
    as_tuples = {name: tuple(value) if isinstance(value, list) else value for name, value in SUB.items()}
    assert SubTransformer(**as_tuples).key == SubTransformer.from_dict(shuffled).key
    assert SubTransformer.from_dict(SUB).key == (
        '{"encoder_embed_dim":640,"encoder_ffn_dims":[1024,2048,3072],"encoder_self_heads":[8,4,4],'
        '"decoder_embed_dim":512,"decoder_ffn_dims":[3072,1024],"decoder_self_heads":[4,8],'
        '"decoder_cross_heads":[8,8],"decoder_attended_layers":[1,3],"qkv_dim":512,"position_dim":640}'
    )


def test_the_ten_features() -> None:
    features = SubTransformer.from_dict(SUB).features()
    assert features == pytest.approx((640, 3, 2048, 16 / 3, 512, 2, 2048, 6, 8, 2))
    assert len(features) == len(FEATURE_NAMES)


@QUICK
@given(space=spaces(), seed=st.integers())
def test_no_feature_exceeds_the_space_s_maximum(space: DesignSpace, seed: int) -> None:
    features = space.sample(random.Random(seed)).features()
    assert all(0 < value <= most for value, most in zip(features, space.feature_maxima(), strict=True))


def test_records_do_not_change() -> None:
    sub = SubTransformer.from_dict(SUB)
    with pytest.raises(AttributeError):
        sub.qkv_dim = 1024  # type: ignore[misc]
    sub.to_dict()["encoder_ffn_dims"].append(1)
    assert len(sub.encoder_ffn_dims) == 3


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"encoder_embed_dim": 0}, "encoder_embed_dim must be a whole number from 1 to 1000000, not 0"),
        ({"encoder_embed_dim": [512]}, "encoder_embed_dim must be a whole number from 1 to 1000000, not [512]"),
        ({"qkv_dim": "512"}, "qkv_dim must be a whole number from 1 to 1000000, not '512'"),
        ({"qkv_dim": None}, "qkv_dim must be a whole number from 1 to 1000000, not None"),
        ({"decoder_embed_dim": 512.0}, "decoder_embed_dim must be a whole number from 1 to 1000000, not 512.0"),
        ({"decoder_embed_dim": True}, "decoder_embed_dim must be a whole number from 1 to 1000000, not True"),
        ({"encoder_ffn_dims": 1024}, "encoder_ffn_dims must list whole numbers from 1 to 1000000, not 1024"),
        ({"encoder_ffn_dims": []}, "encoder_ffn_dims must list whole numbers from 1 to 1000000, not []"),
        ({"encoder_ffn_dims": "123"}, "encoder_ffn_dims must list whole numbers from 1 to 1000000, not '123'"),
        (
            {"encoder_ffn_dims": [1, -2, 3]},
            "encoder_ffn_dims must list whole numbers from 1 to 1000000, not [1, -2, 3]",
        ),
        (
            {"encoder_ffn_dims": [1024]},
            "encoder_ffn_dims, encoder_self_heads must have one entry for each encoder layer",
        ),
        (
            {"decoder_cross_heads": [8]},
            "decoder_ffn_dims, decoder_self_heads, decoder_cross_heads, decoder_attended_layers must have one entry "
            "for each decoder layer",
        ),
        ({"encoder_self_heads": [8, 4, 3]}, "qkv_dim 512 is not divisible by 3 heads"),
        ({"decoder_self_heads": [4, 5]}, "qkv_dim 512 is not divisible by 5 heads"),
        ({"decoder_cross_heads": [7, 8]}, "qkv_dim 512 is not divisible by 7 heads"),
        ({"decoder_attended_layers": [1, 4]}, "decoder_attended_layers (1, 4) exceed the encoder's layers"),
        ({"position_dim": 512}, "position_dim 512 is narrower than an embed dim"),
        ({"position_dim": 641}, "position_dim 641 must be even (half sines, half cosines)"),
    ],
)
def test_fields_that_contradict_each_other(wrong: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the whole message is compared)
        SubTransformer(**SUB | wrong)
    assert str(caught.value) == line
    with pytest.raises(InputError) as reported:
        SubTransformer.from_dict(SUB | wrong, "sub.yaml")
    assert str(reported.value) == f"sub.yaml: {line}"


def test_keys_of_a_record_are_checked() -> None:
    with pytest.raises(InputError, match=r"^a\.yaml: unknown key 'encoder_ffn_dim'; .* mean 'encoder_ffn_dims'\?\)$"):
        SubTransformer.from_dict(SUB | {"encoder_ffn_dim": 3}, "a.yaml")
    with pytest.raises(InputError, match=r"^a\.yaml: missing key 'qkv_dim'; legal: encoder_embed_dim, "):
        SubTransformer.from_dict({name: value for name, value in SUB.items() if name != "qkv_dim"}, "a.yaml")
    for record in (None, [], "text", 3):
        with pytest.raises(InputError, match=r"^a\.yaml: not a mapping; legal: the keys encoder_embed_dim, "):
            SubTransformer.from_dict(record, "a.yaml")


def test_rows_are_checked() -> None:
    row = SubTransformer.from_dict(SUB).to_row()
    assert row["decoder_ffn_dims"] == "3072;1024"
    with pytest.raises(InputError, match=r"^s\.csv: line 2: missing column 'qkv_dim'$"):
        SubTransformer.from_row({name: value for name, value in row.items() if name != "qkv_dim"}, "s.csv: line 2")
    for text in ("", "3072;", "3072,1024", "x"):
        with pytest.raises(InputError, match=r"^s\.csv: decoder_ffn_dims: '.*'; legal: whole numbers, separated by"):
            SubTransformer.from_row(row | {"decoder_ffn_dims": text}, "s.csv")
    with pytest.raises(InputError, match=r"^s\.csv: qkv_dim: '512;512'"):
        SubTransformer.from_row(row | {"qkv_dim": "512;512"}, "s.csv")
    with pytest.raises(InputError, match=r"^s\.csv: .* must have one entry for each decoder layer$"):
        SubTransformer.from_row(row | {"decoder_ffn_dims": "3072"}, "s.csv")


def test_files_are_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.yaml: No such file or directory"):
        SubTransformer.load(tmp_path / "absent.yaml")
    (tmp_path / "list.yaml").write_text("- 1\n")
    with pytest.raises(InputError, match=r"list\.yaml: not a mapping"):
        SubTransformer.load(tmp_path / "list.yaml")
