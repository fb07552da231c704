"""The demo language: a seeded grammar that writes distinct German-English sentence pairs.

`lexicon` holds the words, `grammar` inflects and orders them, `meaning` draws what is said; here it
becomes sentences. The English is a function of the German alone, so that a translation can be right or wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hat.demo_language import lexicon
from hat.demo_language.grammar import (
    MODALS,
    Clause,
    Nominal,
    Order,
    Phrase,
    Tense,
    english,
    english_infinitive,
    german,
    noun_phrase,
    sentence,
)
from hat.demo_language.meaning import (
    INDEFINITE,
    IT,
    PRONOUNS,
    WEATHER,
    WHAT,
    WHO,
    Meanings,
    adjectives_for,
    unmistakable,
    verbs_for,
)

LARGEST_COUNT = 100_000  # the grammar holds far more; up to here almost every sentence drawn is new
LONGEST = 24  # tokens of a sentence, punctuation counted

Pair = tuple[str, str]

# Share, conjunction, English, tense of the main clause, tense of the subordinate clause.
CONJUNCTIONS: tuple[tuple[float, tuple[str, str, Tense, Tense]], ...] = (
    (0.15, ("weil", "because", "present", "present")), (0.15, ("weil", "because", "past", "past")),
    (0.08, ("obwohl", "although", "present", "present")), (0.08, ("obwohl", "although", "past", "past")),
    (0.14, ("wenn", "when", "present", "present")), (0.08, ("falls", "if", "future", "present")),
    (0.08, ("sobald", "as soon as", "future", "present")), (0.07, ("bevor", "before", "past", "past")),
    (0.1, ("nachdem", "after", "past", "pluperfect")), (1, ("während", "while", "past", "past")),
)  # fmt: skip
COORDINATIONS = ((0.35, ("und", "and")), (0.4, ("aber", "but")), (0.12, ("deshalb", "so")), (1, ("denn", "because")))
# What a question asks for.
ASKED = (
    (0.2, "where"), (0.1, "whither"), (0.18, "when"), (0.17, "why"), (0.12, "object"), (0.08, "dative"), (1, "subject"),
)  # fmt: skip
THINGS = tuple(lexicon.THINGS.split())
ANIMATE = ("person", "kin", "animal")
TEMPORAL = ("before", "after", "while", "as soon as")
MOMENTARY = ("when", "if", "so")


def generate_pairs(count: int, seed: int) -> list[Pair]:
    """`count` (German, English) pairs in random order, no German sentence twice; one seed, one list, everywhere.

    ValueError unless 0 <= count <= LARGEST_COUNT.
    """
    if not 0 <= count <= LARGEST_COUNT:
        raise ValueError(f"count {count} is not within 0..{LARGEST_COUNT}")
    speaker = Speaker(seed)
    pairs: dict[str, str] = {}
    while len(pairs) < count:
        pairs.setdefault(*speaker.pair())
    return list(pairs.items())


def _clauses(*parts: str | tuple[str, str]) -> Pair:
    """Parts of both languages joined: a pair (German, English), or a comma for both."""
    pairs = [(part, part) if isinstance(part, str) else part for part in parts]
    return " ".join(part[0] for part in pairs), " ".join(part[1] for part in pairs)


def _said(clause: Clause) -> Pair:
    return german(clause), english(clause)


def _subordinate(clause: Clause) -> Pair:
    return german(clause, "final"), english(clause)


class Speaker(Meanings):
    """Says random meanings in both languages."""

    def pair(self) -> Pair:
        """One sentence, at most LONGEST tokens in either language."""
        kinds: tuple[tuple[float, tuple[Callable[[], Pair], str]], ...] = (
            (0.34, (self.statement, ".")), (0.22, (self.adverbial, ".")), (0.09, (self.reported, ".")),
            (0.1, (self.question, "?")), (0.08, (self.coordinated, ".")), (0.07, (self.purpose, ".")),
            (0.05, (self.description, ".")), (0.03, (self.existence, ".")), (1, (self.passive, ".")),
        )  # fmt: skip
        while True:
            self.begin()
            say, end = self.weighted(kinds)
            source, target = say()
            pair = sentence(source, end), sentence(target, end)
            if all(len(tokens(text)) <= LONGEST for text in pair):
                return pair

    def statement(self) -> Pair:
        """A main clause, often with something other than its subject first."""
        clause = self.free()
        front = ""
        if clause.time and clause.tense != "progressive" and self.chance(0.45):
            front = "time"
        elif clause.place and self.located(clause) and self.chance(0.25):
            front = "place"
        elif clause.object and not clause.object.pronoun and not clause.object.tail[0] and not clause.negated:
            case_tells = clause.object.case("nom") != clause.object.case("acc")
            front = "object" if case_tells and clause.object.definite and self.chance(0.2) else ""
        return german(clause, front=front), english(clause, "" if front == "object" else front)

    def located(self, clause: Clause) -> bool:
        return any(clause.verb.slot(slot) is not None for slot in ("spot", "around", "surface"))

    def adverbial(self) -> Pair:
        """A main clause with a subordinate clause before or after it."""
        conjunction, word, main_tense, tense = self.weighted(CONJUNCTIONS)
        if self.chance(0.6):
            main = self.clause(main_tense, event=word in TEMPORAL)
            second = self.following(main, tense, word)
            return _clauses(_said(main), (",", ""), (conjunction, word), _subordinate(second))
        first = self.opening(tense, word)
        main = self.following(first, main_tense, "", event=word in TEMPORAL)
        return _clauses((conjunction, word), _subordinate(first), ",", (german(main, "inverted"), english(main)))

    def opening(self, tense: Tense, word: str) -> Clause:
        """The first of two clauses, after the conjunction `word`: an event, the weather or a description."""
        event = word in TEMPORAL
        if not event and self.chance(0.15):
            return Clause(IT, self.pick(WEATHER), tense)
        if not event and self.chance(0.25):
            return self.copula(self.person(auxiliary=True), tense, passing=word in MOMENTARY)
        return self.clause(tense, plain=self.chance(0.5), event=event)

    def following(self, first: Clause, tense: Tense, word: str, event: bool = False) -> Clause:
        """The second of two clauses, after the conjunction `word`; often about somebody or something in the first."""
        self._anaphoric = True
        self._relatives = 0
        event, momentary = event or word in TEMPORAL, word in MOMENTARY
        descriptive = bool(word) and not event
        what = self._random()
        if descriptive and what < 0.1 and word != "so" and first.subject is not IT:
            return Clause(IT, self.pick(WEATHER), tense)
        thing = first.object if first.object and first.object.definite and first.object.kind in THINGS else None
        it = self.anaphor(thing) if thing else None
        again = self.anaphor(first.subject) if first.subject.kind in ("", *ANIMATE) else None
        again = again if self.chance(0.55) else None
        # An adjective that fits either but not both tells what `er` or `sie` stands for.
        if descriptive and not momentary and what < 0.3 and it and adjectives_for(it.kind, ANIMATE):
            return self.copula(it, tense, ANIMATE)
        if descriptive and what < 0.55:
            return self.copula(again or self.person(auxiliary=True), tense, THINGS if again else (), momentary)
        if not again and it and not event and self.chance(0.4):
            verb = self.fresh([verb for verb in verbs_for("person", "acc", it.kind) if not verb.slot("dat")])
            somebody = self.person()
            subject = somebody if unmistakable(somebody, it) else PRONOUNS["wir"]
            return self.clause(tense, subject=subject, verb=verb, object=it)
        if again and not again.plural and again.person < 3 and tense == "present":
            again = None
        return self.clause(tense, subject=again, plain=self.chance(0.4), event=event)

    def reported(self) -> Pair:
        """What somebody says, believes, asks."""
        conjunction, verb = self.pick([pair for pair in lexicon.ALL_CLAUSAL_VERBS if pair[0] != "zu"])
        past = self.chance(0.4)
        matrix = Clause(self.person(auxiliary=past), verb, "past" if past else "present")
        start = _clauses(_said(matrix), (",", ""))
        tense: Tense = "past" if past else self.pick(("present", "past", "future"))
        if conjunction == "ob" and self.chance(0.5):
            front, clause = self.asked(tense)
            return _clauses(start, (german(clause, "final", front), english(clause, front)))
        inner = self.following(matrix, tense, "that")
        return _clauses(start, (conjunction, {"dass": "that", "ob": "whether"}[conjunction]), _subordinate(inner))

    def asked(self, tense: Tense) -> tuple[str, Clause]:
        """What a question is about: the role of its question word, and the clause with that word in it."""
        what = self.weighted(ASKED)
        person = self.anybody(tense != "present")
        if what in ("where", "whither"):
            slots = ("spot", "around") if what == "where" else ("goal", "trip", "onto")
            verbs = [verb for slot in slots for verb in verbs_for("person", slot)]
            clause = self.clause(tense, subject=person, verb=self.fresh(verbs), plain=True)
            return "place", replace(clause, place=Phrase("wo" if what == "where" else "wohin", "where"))
        if what in ("when", "why"):
            verbs = [verb for verb in verbs_for("person") if not verb.timeless]
            clause = self.clause(tense, subject=person, verb=self.fresh(verbs), plain=True)
            return "time", replace(clause, time=Phrase("wann" if what == "when" else "warum", what))
        if what == "object":
            verb = self.pick(verbs_for("person", "acc"))
            word = WHO if "person" in (verb.slot("acc") or ()) else WHAT
            return what, self.clause(tense, subject=person, verb=verb, object=word, plain=True)
        if what == "dative":
            verb = self.pick([verb for verb in verbs_for("person", "dat") if not verb.slot("acc")])
            return what, self.clause(tense, subject=person, verb=verb, dative=WHO, plain=True)
        return "subject", self.clause(tense, subject=WHO, verb=self.fresh(verbs_for("person")), plain=True)

    def anybody(self, auxiliary: bool) -> Nominal:
        """A person, but neither `niemand` nor `jemand`."""
        while (person := self.person(auxiliary=auxiliary)) in INDEFINITE:
            pass
        return person

    def question(self) -> Pair:
        """A direct question, for yes or no or with a question word."""
        if self.chance(0.45):
            subject = PRONOUNS[self.pick(("du", "ihr"))] if self.chance(0.3) else None
            modal = self.pick(tuple(MODALS)) if self.chance(0.35) else ""
            tense: Tense = "present" if modal else "past" if subject else self.pick(("present", "past", "future"))
            clause = replace(self.clause(tense, modal=modal, subject=subject), negated=False)
            return german(clause, "inverted"), english(clause, question=True)
        front, clause = self.asked(self.pick(("present", "past", "past", "future")))
        return german(clause, front=front), english(clause, front, question=True)

    def coordinated(self) -> Pair:
        """Two main clauses."""
        first = self.clause(self.pick(("present", "past")), plain=self.chance(0.5))
        tense = first.tense
        conjunction, word = self.weighted(COORDINATIONS)
        second = self.following(first, tense, "" if word == "and" else word)
        order: Order = "inverted" if conjunction == "deshalb" else "main"
        comma = (",", "" if word == "because" else ",")
        return _clauses(_said(first), comma, (conjunction, word), (german(second, order), english(second)))

    def purpose(self) -> Pair:
        """An infinitive clause: what for, without what, what is tried."""
        tense: Tense = self.pick(("present", "past"))
        subject = self.anybody(tense == "past")
        kind = self.weighted(((0.45, "um"), (0.12, "ohne"), (1, "zu")))
        if kind == "zu":
            verb = self.pick([verb for name, verb in lexicon.ALL_CLAUSAL_VERBS if name == "zu"])
            main = Clause(subject, verb, tense)
        else:
            main = self.clause(tense, subject=subject, verb=self.fresh(verbs_for("person", "goal")), plain=True)
        events = [verb for verb in verbs_for("person") if not verb.stative and not verb.slot("goal")]
        self._relatives = 0
        self._anaphoric = True
        inner = self.clause("present", subject=subject, verb=self.fresh(events), plain=True)
        start = _clauses(_said(main), (",", ""))
        link = {"um": ("um", "in order"), "ohne": ("ohne", "without"), "zu": ("", "")}[kind]
        return _clauses(start, link, (german(inner, "infinitive"), english_infinitive(inner, gerund=kind == "ohne")))

    def description(self) -> Pair:
        """What somebody or something is like, perhaps compared with somebody or something else."""
        kinds = (self.pick(("person", "animal", "clothing", "furniture", "vehicle", "text", "device")),)
        subject = self.phrase(kinds)
        clause = self.copula(subject, self.pick(("present", "present", "past")))
        compared = [word for word in adjectives_for(subject.kind) if word.english_comparative]
        if compared and self.chance(0.7):
            word = self.pick(compared)
            more = (f"{word.german_comparative} als", f"{word.english_comparative} than")
            same = (f"so {word.german} wie", f"as {word.english} as")
            link = more if self.chance(0.65) else same
            other = self.phrase(kinds, definite=True)
            clause = replace(clause, predicate=Phrase(
                f"{link[0]} {other.case('nom')} {other.tail[0]}", f"{link[1]} {other.english[0]} {other.tail[1]}"
            ))  # fmt: skip
        return _said(clause)

    def existence(self) -> Pair:
        """What there is somewhere."""
        town = self.chance(0.4)
        noun = self.noun(("building",) if town else ("furniture", "animal", "object", "vehicle"))
        plural = self.chance(0.5)
        number = Phrase(*self.pick(lexicon.NUMBERS)) if plural and self.chance(0.6) else None
        determiner = "ein" if not plural else "" if number else "viele"
        thing = noun_phrase(noun, determiner, plural=plural, number=number, adjective=self.adjective(noun, 0.5))
        place = self.place("town" if town else "around")
        verb, word = self.pick((("gibt", "are" if plural else "is"), ("gab", "were" if plural else "was")))
        return f"{place.german} {verb} es {thing.case('acc')}", f"there {word} {thing.english[1]} {place.english}"

    def passive(self) -> Pair:
        """What was done with something, perhaps by somebody."""
        verbs = [verb for verb in verbs_for("person", "acc") if not (verb.stative or verb.preposition)]
        verbs = [verb for verb in verbs if not verb.slot("dat") and verb.slot("onto") is None]
        verb = self.pick(verbs)
        subject = self.phrase(verb.slot("acc") or (), definite=True)
        clause = Clause(subject, verb, "passive", time=self.time("passive") if self.chance(0.6) else None)
        if self.chance(0.45):
            agent = self.bare(("person",))
            clause = replace(clause, agent=Phrase(agent.after("von", "dat"), f"by {agent.english[1]}"))
        front = "time" if clause.time and self.chance(0.3) else ""
        return german(clause, front=front), english(clause, front)


def tokens(text: str) -> list[str]:
    """Words and punctuation marks."""
    return text.replace(",", " ,").replace(".", " .").replace("?", " ?").replace("'", " '").split()
