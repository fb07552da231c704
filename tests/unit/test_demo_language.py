"""The demo language: its grammar clause by clause, its corpus as a whole, and the command that writes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import generate_corpus
import pytest
from hat.demo_language import lexicon
from hat.demo_language.grammar import (
    COPULA,
    MODALS,
    Clause,
    Phrase,
    english,
    english_infinitive,
    german,
    noun_phrase,
    present,
    relative_pronoun,
    sentence,
    with_relative,
)
from hat.demo_language.lexicon import Adjective, Noun, Verb
from hat.demo_language.meaning import IT, PRONOUNS, WHAT, WHO
from hat.demo_language.pairs import LARGEST_COUNT, LONGEST, Pair, Speaker, generate_pairs, tokens
from hat.errors import InputError
from hat_workflow import settings

from tests.unit.corpus_files import lines_of

SCRIPTS = Path(generate_corpus.__file__).parent


def noun(german: str) -> Noun:
    return next(word for word in lexicon.ALL_NOUNS if word.german == german)


def verb(participle: str, prefix: str = "") -> Verb:
    return next(word for word in lexicon.ALL_VERBS if (word.participle, word.prefix) == (participle, prefix))


def adjective(german: str, english: str = "") -> Adjective:
    return next(word for word in lexicon.ALL_ADJECTIVES if word.german == german and english in ("", word.english))


def said(clause: Clause, front: str = "", end: str = ".") -> Pair:
    return sentence(german(clause, front=front), end), sentence(english(clause, front), end)


STEMS = "|".join(word.stem for word in lexicon.ALL_ADJECTIVES)
MAN, WOMAN, BOY = (noun_phrase(noun(word)) for word in ("Mann", "Frau", "Junge"))
CHILDREN = noun_phrase(noun("Kind"), plural=True)
GIRL, DOG, BUS = (noun_phrase(noun(word)) for word in ("Mädchen", "Hund", "Schulbus"))


@pytest.fixture(scope="module")
def corpus() -> list[Pair]:
    """As many sentences as the demo corpus has, drawn one by one: some come twice."""
    speaker = Speaker(seed=1)
    return [speaker.pair() for _ in range(13_000)]


@pytest.mark.parametrize(
    ("word", "determiner", "plural", "forms"),
    [
        ("Mann", "der", False, "der alte Mann, den alten Mann, dem alten Mann, des alten Mannes"),
        ("Mann", "ein", False, "ein alter Mann, einen alten Mann, einem alten Mann, eines alten Mannes"),
        ("Frau", "mein", False, "meine alte Frau, meine alte Frau, meiner alten Frau, meiner alten Frau"),
        ("Pferd", "kein", False, "kein altes Pferd, kein altes Pferd, keinem alten Pferd, keines alten Pferdes"),
        ("Junge", "dies", False, "dieser alte Junge, diesen alten Jungen, diesem alten Jungen, dieses alten Jungen"),
        ("Kind", "der", True, "die alten Kinder, die alten Kinder, den alten Kindern, der alten Kinder"),
        ("Auto", "viele", True, "viele alte Autos, viele alte Autos, vielen alten Autos, vieler alter Autos"),
        ("Arzt", "", True, "alte Ärzte, alte Ärzte, alten Ärzten, alter Ärzte"),
        ("Arzt", "alle", True, "alle alten Ärzte, alle alten Ärzte, allen alten Ärzten, aller alten Ärzte"),
    ],
)
def test_articles_adjectives_and_nouns_agree(word: str, determiner: str, plural: bool, forms: str) -> None:
    phrase = noun_phrase(noun(word), determiner, plural=plural, adjective=adjective("alt"))
    assert ", ".join(phrase.german) == forms


def test_irregular_stems_and_strong_endings_without_an_article() -> None:
    assert noun_phrase(noun("Kaffee"), "", adjective=adjective("kalt")).german[:3] == (
        "kalter Kaffee",
        "kalten Kaffee",
        "kaltem Kaffee",
    )
    assert noun_phrase(noun("Uhr"), "ein", adjective=adjective("teuer")).case("nom") == "eine teure Uhr"
    assert noun_phrase(noun("Junge"), "ein", adjective=adjective("müde")).case("nom") == "ein müder Junge"


def test_possessors() -> None:
    anna = replace(PRONOUNS["sie"], german=("Anna", "Anna", "Anna", "Annas"), english=("Anna", "Anna"))
    dog = noun_phrase(noun("Hund"), possessor=anna, adjective=adjective("schwarz"))
    assert (dog.case("dat"), dog.english[0]) == ("Annas schwarzem Hund", "Anna's black dog")
    car = noun_phrase(noun("Auto"), possessor=noun_phrase(noun("Nachbar")))
    assert (car.case("acc"), car.english[1]) == ("das Auto des Nachbarn", "the neighbour's car")


def test_prepositions_contract_with_the_article_only() -> None:
    assert noun_phrase(noun("Park")).after("in", "dat") == "im Park"
    assert noun_phrase(noun("Zimmer")).after("in", "acc") == "ins Zimmer"
    assert noun_phrase(noun("Park"), "dies").after("in", "dat") == "in diesem Park"
    assert relative_pronoun(MAN).after("von", "dat") == "von dem"


def test_present_tense_forms() -> None:
    assert present(verb("gelesen")) == ("lese", "liest", "liest", "lesen", "lest", "lesen")
    assert present(verb("gefahren")) == ("fahre", "fährst", "fährt", "fahren", "fahrt", "fahren")
    assert present(verb("gearbeitet")) == ("arbeite", "arbeitest", "arbeitet", "arbeiten", "arbeitet", "arbeiten")
    assert present(verb("eingeladen", "ein"))[1:5] == ("lädst", "lädt", "laden", "ladet")


def test_a_separable_prefix_goes_to_the_end_and_comes_back() -> None:
    call = Clause(MAN, verb("angerufen", "an"), object=WOMAN)
    assert german(call) == "der Mann ruft die Frau an"
    assert german(call, "final") == "der Mann die Frau anruft"
    assert german(call, "infinitive") == "die Frau anzurufen"
    assert german(replace(call, modal=MODALS["kann"])) == "der Mann kann die Frau anrufen"
    assert german(replace(call, tense="past")) == "der Mann hat die Frau angerufen"
    assert english_infinitive(call) == "to call the woman"
    assert english_infinitive(call, gerund=True) == "calling the woman"


def test_an_english_particle_follows_a_pronoun() -> None:
    fetch = Clause(MAN, verb("abgeholt", "ab"), object=WOMAN)
    assert english(fetch) == "the man picks up the woman"
    assert english(replace(fetch, object=PRONOUNS["er"])) == "the man picks him up"


def test_whatever_comes_first_the_german_verb_comes_second() -> None:
    clause = Clause(WOMAN, verb("gegessen"), "past", object=noun_phrase(noun("Apfel")), time=Phrase("heute", "today"))
    assert said(clause) == ("Die Frau hat heute den Apfel gegessen.", "The woman ate the apple today.")
    assert said(clause, "time") == ("Heute hat die Frau den Apfel gegessen.", "Today the woman ate the apple.")
    assert german(clause, front="object") == "den Apfel hat die Frau heute gegessen"
    assert german(clause, "final") == "die Frau heute den Apfel gegessen hat"


def test_pronouns_tell_number_by_the_verb_and_stand_early() -> None:
    helped = Clause(MAN, verb("geholfen"), "past", dative=PRONOUNS["ich"], time=Phrase("gestern", "yesterday"))
    assert german(helped, "final") == "mir der Mann gestern geholfen hat"
    sleeps = Clause(PRONOUNS["sie"], verb("geschlafen"))
    assert said(sleeps) == ("Sie schläft.", "She sleeps.")
    assert said(replace(sleeps, subject=PRONOUNS["sie alle"])) == ("Sie schlafen.", "They sleep.")


@pytest.mark.parametrize(
    ("head", "role", "clause", "pair"),
    [
        (WOMAN, "subject", Clause(IT, verb("gelesen")), ("die Frau, die liest", "the woman who reads")),
        (DOG, "object", Clause(WOMAN, verb("gesucht")),
         ("der Hund, den die Frau sucht", "the dog that the woman looks for")),
        (CHILDREN, "dative", Clause(MAN, verb("geholfen"), "past"),
         ("die Kinder, denen der Mann geholfen hat", "the children whom the man helped")),
        (BUS, "prepositional", Clause(GIRL, verb("gewartet")),
         ("der Schulbus, auf den das Mädchen wartet", "the school bus that the girl waits for")),
    ],
)  # fmt: skip
def test_relative_clauses(head: object, role: str, clause: Clause, pair: Pair) -> None:
    phrase = with_relative(head, replace(clause, **{role: relative_pronoun(head)}), role)  # type: ignore[arg-type]
    found = (f"{phrase.case('nom')} {phrase.tail[0]}", f"{phrase.english[0]} {phrase.tail[1]}")
    assert tuple(sentence(text, ".") for text in found) == tuple(sentence(text, ".") for text in pair)


def test_a_relative_clause_does_not_hold_up_the_verb() -> None:
    dog = with_relative(DOG, Clause(relative_pronoun(DOG), verb("geschlafen")), "subject")
    assert said(Clause(BOY, verb("gesucht"), "past", object=dog)) == (
        "Der Junge hat den Hund gesucht, der schläft.",
        "The boy looked for the dog that sleeps.",
    )


def test_negation() -> None:
    clause = Clause(BOY, verb("gegessen"), negated=True, object=noun_phrase(noun("Apfel"), "kein"))
    assert said(clause) == ("Der Junge isst keinen Apfel.", "The boy does not eat an apple.")
    bread = replace(clause, object=noun_phrase(noun("Brot")))
    assert said(bread) == ("Der Junge isst das Brot nicht.", "The boy does not eat the bread.")
    late = replace(bread, tense="perfect")
    assert said(late) == ("Der Junge hat das Brot noch nicht gegessen.", "The boy has not eaten the bread yet.")
    must = replace(bread, modal=MODALS["muss"])
    assert said(must) == ("Der Junge muss das Brot nicht essen.", "The boy does not have to eat the bread.")
    assert "cannot eat" in said(replace(bread, modal=MODALS["kann"]))[1]


def test_questions() -> None:
    clause = Clause(WHO, verb("gelesen"), "past", object=noun_phrase(noun("Buch")))
    assert english(clause, "subject", question=True) == "who read the book"
    what = replace(clause, subject=PRONOUNS["du"], object=WHAT)
    assert (german(what, front="object"), english(what, "object", question=True)) == (
        "was hast du gelesen",
        "what did you read",
    )
    asked = replace(clause, subject=MAN)
    assert (german(asked, "inverted"), english(asked, question=True)) == (
        "hat der Mann das Buch gelesen",
        "did the man read the book",
    )


def test_what_one_language_says_otherwise() -> None:
    coat = noun_phrase(noun("Mantel"))
    like = Clause(coat, verb("gefallen"), dative=CHILDREN)
    assert said(like) == ("Der Mantel gefällt den Kindern.", "The children like the coat.")
    fond = Clause(CHILDREN, verb("gespielt"), fond=True)
    assert said(fond) == ("Die Kinder spielen gern.", "The children like to play.")
    trip = Clause(PRONOUNS["wir"], verb("gefreut"), prepositional=noun_phrase(noun("Reise")))
    assert said(trip) == ("Wir freuen uns auf die Reise.", "We look forward to the trip.")
    passive = Clause(coat, verb("gewaschen"), "passive")
    assert said(passive) == ("Der Mantel wurde gewaschen.", "The coat was washed.")
    older = Clause(PRONOUNS["ich"], COPULA, predicate=Phrase("älter", "older"))
    assert said(older) == ("Ich bin älter.", "I am older.")


def test_final_spelling() -> None:
    assert sentence("a old man , who sleeps , , and", ".") == "An old man, who sleeps, and."
    assert sentence("a man , who sleeps ,", "?") == "A man, who sleeps?"


def test_the_english_is_a_function_of_the_german(corpus: list[Pair]) -> None:
    translations: dict[str, str] = {}
    repeated = 0
    for source, target in corpus:
        repeated += source in translations
        assert translations.setdefault(source, target) == target, source
    assert 0 < repeated < len(corpus) // 20


def test_size_of_the_language(corpus: list[Pair]) -> None:
    for side in (0, 1):
        words = {word for pair in corpus for word in re.findall(r"[^\W\d_]+", pair[side].lower())}
        lengths = [len(tokens(pair[side])) for pair in corpus]
        assert 550 <= len(words) <= 750
        assert 9 <= sum(lengths) / len(lengths) <= 13
        assert min(lengths) >= 3
        assert max(lengths) == LONGEST


def test_spelling_of_every_sentence(corpus: list[Pair]) -> None:
    for pair in corpus:
        for text in pair:
            assert re.fullmatch(r"[A-ZÄÖÜ][^.?]*[.?]", text)
            assert not re.search(r"  | [,.?]|,[,.?]|,\S", text)
        assert pair[0][-1] == pair[1][-1]


@pytest.mark.parametrize(
    ("side", "wrong"),
    [
        (0, r"\b(in|an|zu|von) dem [A-ZÄÖÜ]"),  # contracted before a noun
        (0, rf"\b(dem|einem|diesem|den|einen|diesen) ({STEMS})(|e|em|er|es) "),
        (0, r"\b(dem|einem|diesem|den|einen|diesen) (Junge|Nachbar|Student)\b"),  # weak nouns
        (0, r"[^,] (weil|dass|obwohl|wenn|falls|sobald|bevor|nachdem|während|aber|denn)\b"),
        (0, r"\bich (hat|ist|wird|sind|haben)\b|\b(hat|ist|wird|sind|haben) ich\b"),
        (0, r"\b[a-zäöü]\w+ee[rnms] "),
        (1, r"\ba [aeiou]|\ban (?!hour)[^aeiou]"),
        (1, r"\b(does|did|do) not \w+[^s]s (the|a|an|to|in)\b"),  # a base form follows `do`
        (1, r"(^|because |that |although )(?i:he|she|it|nobody) (are|were|have|do|am)\b"),
        (1, r"\b(they|we|you) (is|was|has|does|am)\b"),
        (1, r"\bI (is|are|were|has|does)\b"),
        (1, r"\b(every|this) \w+s (are|were|have)\b"),
    ],
)
def test_no_sentence_breaks_a_rule(corpus: list[Pair], side: int, wrong: str) -> None:
    assert not [pair[side] for pair in corpus if re.search(wrong, pair[side])][:5]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (r", (weil|obwohl|wenn) .* (hat|haben|ist|sind|war|waren)\.$", r"because|although|when"),
        (r", (den|dem|denen|die|das|der) ", r"\b(who|whom|that)\b"),
        (r", um .* \w*zu", r"in order to"),
        (r"\b(ruft|macht|holt) .* (an|zu|ab)\b", r"\b(calls|puts|closes|picks)\b"),
        (r"^(Heute|Gestern|Am|Im|Um|Nächste|Vor) [^,]* (hat|ist|wird) ", r"^\w+"),
        (r"\bdes \w+(s|n)\b", r"'s "),
        (r"\bgern\b", r"\blikes? to\b"),
        (r"\bschon\b", r"\balready\b"),
        (r"^(Wer|Was|Wem|Wen|Wo|Wohin|Wann|Warum) ", r"^(Who|What|Whom|Where|When|Why) "),
        (r"\bSchulbus\b", r"\bschool bus\b"),
        (r" (als|so \w+ wie) ", r" (than|as) "),
        (r"gibt es", r"There (is|are)"),
        (r"wurden? .*\bvom ", r"(was|were) .*\bby the\b"),
    ],
)
def test_every_construction_occurs_with_its_translation(corpus: list[Pair], source: str, target: str) -> None:
    found = [pair for pair in corpus if re.search(source, pair[0])]
    assert len(found) >= 20
    matching = [pair for pair in found if re.search(target, pair[1])]
    assert len(matching) >= 0.8 * len(found)


def test_pairs_are_distinct_and_seeded() -> None:
    pairs = generate_pairs(1500, seed=7)
    assert len({source for source, _ in pairs}) == 1500
    assert generate_pairs(300, seed=7) == pairs[:300]
    assert generate_pairs(300, seed=8) != pairs[:300]
    assert generate_pairs(0, seed=7) == []


def test_pairs_do_not_depend_on_the_hash_seed() -> None:
    script = "from hat.demo_language.pairs import generate_pairs; print(generate_pairs(100, seed=3))"
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(SCRIPTS), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout.decode()
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1] == f"{generate_pairs(100, seed=3)}\n"


@pytest.mark.parametrize("count", [-1, LARGEST_COUNT + 1])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=str(LARGEST_COUNT)):
        generate_pairs(count, seed=1)


def generate(corpus: Path | str, output: Path) -> None:
    generate_corpus.main(generate_corpus.parser().parse_args(["--corpus", str(corpus), "--output", str(output)]))


@pytest.mark.parametrize(("source", "target"), [("de", "en"), ("en", "de")])
def test_the_command_writes_disjoint_splits(tmp_path: Path, source: str, target: str) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(
        f"source: {source}\ntarget: {target}\nbpe: 64\ngenerated: {{seed: 5, train: 40, valid: 6, test: 4}}\n"
    )
    raw = tmp_path / "raw"
    generate(file, raw)
    assert sorted(path.name for path in raw.iterdir()) == sorted(
        f"{split}.{language}" for split in ("train", "valid", "test") for language in ("de", "en")
    )
    written = [
        pair
        for split in ("train", "valid", "test")
        for pair in zip(lines_of(raw / f"{split}.de"), lines_of(raw / f"{split}.en"), strict=True)
    ]
    assert written == generate_pairs(50, seed=5)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("source: de\ntarget: fr\ngenerated: {}", "de and fr.*; legal:.*de and en"),
        (f"source: de\ntarget: en\ngenerated: {{train: {LARGEST_COUNT}}}", f"at most {LARGEST_COUNT}"),
        ("source: de\ntarget: en\ngenerated: {}\ntests: {test_more: x}", "generated"),
        ("source: de\ntarget: en\ntrain: x\nvalid: x\ntest: x", "generated"),
    ],
)
def test_the_command_refuses_what_it_cannot_generate(tmp_path: Path, lines: str, problem: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(f"{lines}\nbpe: 64\n")
    with pytest.raises(InputError, match=problem):
        generate(file, tmp_path / "raw")
    assert [path.name for path in tmp_path.iterdir()] == ["odd.yaml"]


def test_the_demo_corpus_file() -> None:
    record = settings.load("corpus", "demo.de-en")
    assert record["generated"] == {"seed": 1, "train": 12_000, "valid": 500, "test": 500}
