"""What the demo language talks about: noun phrases and clauses drawn at random, as meanings for both languages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TypeVar

from hat.demo_language import lexicon
from hat.demo_language.grammar import (
    COPULA,
    MODALS,
    Clause,
    Nominal,
    Phrase,
    Tense,
    noun_phrase,
    relative_pronoun,
    with_relative,
)
from hat.demo_language.lexicon import Adjective, Noun, Verb

T = TypeVar("T")
PLURAL_DETERMINERS = ((0.45, "der"), (0.1, "dies"), (0.1, "viele"), (0.06, "einige"), (0.05, "alle"), (1, ""))
ROLES = ("subject", "object", "dative", "prepositional")
RELATIVE_TENSES: tuple[Tense, ...] = ("present", "past", "past")
FREE: tuple[tuple[float, tuple[Tense, tuple[str, ...]]], ...] = (
    (0.27, ("present", ("",))), (0.07, ("progressive", ("",))), (0.31, ("past", ("",))), (0.05, ("perfect", ("",))),
    (0.1, ("future", ("",))), (0.16, ("present", ("kann", "muss", "will", "soll", "darf", "möchte"))),
    (1, ("present", ("konnte", "musste", "wollte"))),
)  # fmt: skip

PRONOUNS = {
    "ich": Nominal(("ich", "mich", "mir"), ("I", "me"), 1, pronoun=True),
    "du": Nominal(("du", "dich", "dir"), ("you", "you"), 2, pronoun=True),
    "er": Nominal(("er", "ihn", "ihm"), ("he", "him"), gender="m", kind="person", pronoun=True),
    "sie": Nominal(("sie", "sie", "ihr"), ("she", "her"), gender="f", kind="person", pronoun=True),
    "wir": Nominal(("wir", "uns", "uns"), ("we", "us"), 1, plural=True, pronoun=True),
    "ihr": Nominal(("ihr", "euch", "euch"), ("you", "you"), 2, plural=True, pronoun=True),
    "sie alle": Nominal(("sie", "sie", "ihnen"), ("they", "them"), plural=True, kind="person", pronoun=True),
}
INDEFINITE = (
    Nominal(("niemand", "niemanden", "niemandem"), ("nobody", "nobody"), pronoun=True),
    Nominal(("jemand", "jemanden", "jemandem"), ("somebody", "somebody"), pronoun=True),
)
IT = Nominal(("es", "es", "ihm"), ("it", "it"), gender="n", pronoun=True)
WHO = Nominal(("wer", "wen", "wem"), ("who", "whom"), pronoun=True)
WHAT = Nominal(("was", "was", ""), ("what", "what"), pronoun=True)
PREPOSITIONS = (("hinter", "behind"), ("neben", "next to"), ("vor", "in front of"))
WEATHER = tuple(
    Verb(infinitive, third, participle, lexicon.english_verb(word), stative=True)
    for infinitive, third, participle, word in (
        ("regnen", "regnet", "geregnet", "rain"),
        ("schneien", "schneit", "geschneit", "snow"),
    )
)


@cache
def nouns_of(kinds: tuple[str, ...]) -> tuple[Noun, ...]:
    return tuple(noun for noun in lexicon.ALL_NOUNS if noun.kind in kinds)


@cache
def adjectives_for(kind: str, exclude: tuple[str, ...] = (), passing: bool = False) -> tuple[Adjective, ...]:
    """Adjectives that fit `kind` and none of `exclude`; `passing`: only those of a passing mood."""
    wanted = {kind, "mood"} if passing else {kind}
    words = (word for word in lexicon.ALL_ADJECTIVES if wanted.issubset(word.kinds))
    return tuple(word for word in words if not set(exclude).intersection(word.kinds))


@cache
def verbs_for(subject: str, slot: str = "", kind: str = "") -> tuple[Verb, ...]:
    """Verbs that take such a subject and, in `slot`, such a complement; empty strings do not ask."""

    def fits(verb: Verb) -> bool:
        complement = verb.slot(slot) if slot else ()
        return (not subject or subject in verb.subjects) and complement is not None and (not kind or kind in complement)

    return tuple(verb for verb in lexicon.ALL_VERBS if fits(verb))


def _quantified(subject: Nominal) -> bool:
    """Whether a negation after it could be understood in two ways."""
    return subject in INDEFINITE or subject.english[0].startswith(("every ", "all "))


def unmistakable(first: Nominal, second: Nominal) -> bool:
    """Whether case or agreement shows which of two phrases is the subject."""
    cased = any(phrase.case("nom") != phrase.case("acc") for phrase in (first, second))
    return cased or (first.plural, first.person) != (second.plural, second.person)


class Meanings:
    """Draws meanings. Uses only `random()`, whose sequence Python guarantees across versions."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random
        self.begin()

    def begin(self) -> None:
        """A new sentence."""
        self._said: list[str] = []  # its nouns and verbs: none comes twice
        self._relatives = int(self.chance(0.3))  # relative clauses it may still have
        self._anaphoric = False  # from now on `er` and `sie` would be read as somebody mentioned before

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self._random() * len(options))]

    def weighted(self, options: Sequence[tuple[float, T]]) -> T:
        """One of (probability, option); what the probabilities lack to 1 goes to the last."""
        left = self._random()
        for probability, option in options:
            left -= probability
            if left < 0:
                return option
        return options[-1][1]

    # ------------------------------------------------------------------------------------------------- noun phrases

    def noun(self, kinds: tuple[str, ...]) -> Noun:
        free = [noun for noun in nouns_of(kinds) if noun.german not in self._said]
        noun = self.pick(free or nouns_of(kinds))
        self._said.append(noun.german)
        return noun

    def fresh(self, verbs: Sequence[Verb]) -> Verb:
        """One of `verbs` that this sentence has not had, if there is one."""
        return self.pick([verb for verb in verbs if verb.participle not in self._said] or verbs)

    def name(self) -> Nominal:
        gender = self.pick(("m", "f"))
        name = self.pick([name for name in lexicon.NAMES[gender] if name not in self._said])
        self._said.append(name)
        return Nominal((name, name, name, f"{name}s"), (name, name), gender=gender, kind="person")

    def person(
        self, subject: Nominal | None = None, *, definite: bool = False, auxiliary: bool = False, dative: bool = False
    ) -> Nominal:
        """Anybody: a relative, a name, a pronoun or a noun; with a `subject`, somebody else to whom it does something.

        `auxiliary`: the verb comes with one, and no other is said with `ich`, `du` or `ihr`, which keeps its forms few.
        """
        what = self.weighted(((0.15, "kin"), (0.12, "name"), (0.25, "pronoun"), (0.03, "indefinite"), (1, "noun")))
        if what == "name":
            return self.name()
        if what == "indefinite" and subject is None and not self._anaphoric:
            return self.pick(INDEFINITE)
        if what == "pronoun" and (subject is None or not subject.pronoun):
            # An accusative `sie` could be `her` or `them`.
            third = () if self._anaphoric else ("er", "sie", "sie alle") if subject is None or dative else ("er",)
            others = ("ich", "du") if subject is not None else ("ich", "du", "ihr") if auxiliary else ()
            return PRONOUNS[self.pick(("wir", *third, *others))]
        return self.phrase(("kin",) if what == "kin" else ("person",), subject, definite)

    def phrase(self, kinds: tuple[str, ...], subject: Nominal | None = None, definite: bool = False) -> Nominal:
        """A noun phrase; one with a `subject` is not itself the subject, and may belong to it (`seinen Hund`)."""
        noun = self.noun(kinds)
        plural = bool(noun.plural) and noun.kind not in ("place", "room", "kin") and self.chance(0.24)
        own = self.reflexive(subject) if subject else ("", "")
        possessor = number = None
        belonging = noun.kind in ("object", "device", "vehicle", "clothing", "animal") and self.chance(0.2)
        if noun.kind == "kin" or belonging:
            determiner = self.weighted(((0.45 if own[0] else 0, own[0]), (0.3, "der"), (0.2, "unser"), (1, "mein")))
            if determiner == "der":
                possessor = self.name() if self.chance(0.5) else noun_phrase(self.noun(("person",)))
        elif plural:
            determiner = self.weighted(PLURAL_DETERMINERS)
            if determiner == "" and (subject is None or self.chance(0.5)):
                number = Phrase(*self.pick(lexicon.NUMBERS))
        elif noun.plural:
            determiner = self.weighted(((0.5, "der"), (0.08, "dies"), (0 if subject else 0.04, "jed"), (1, "ein")))
        else:
            determiner = self.weighted(((0.5, "der"), (1, "")))
        if definite and determiner in ("", "ein", "viele", "einige", "alle", "jed"):
            determiner, number = "der", None
        found = noun_phrase(noun, determiner, plural=plural, adjective=self.adjective(noun, 0.33), possessor=possessor,
                            number=number, owner=own[1] if determiner == own[0] else "")  # fmt: skip
        return self.related(found) if determiner in ("der", "ein") and not possessor else found

    def reflexive(self, subject: Nominal) -> tuple[str, str]:
        """The subject's possessive: German stem and, where German alone is ambiguous, English; empty if it has none."""
        if subject.person < 3:
            stems = {(1, False): "mein", (1, True): "unser", (2, False): "dein"}
            return stems.get((subject.person, subject.plural), ""), ""
        if subject.kind not in ("person", "kin", "animal"):
            return "", ""
        if subject.plural:
            return "ihr", "their"
        if subject.kind == "animal":
            return "ihr" if subject.gender == "f" else "sein", "its"
        return {"m": ("sein", "his"), "f": ("ihr", "her"), "n": ("", "")}[subject.gender]

    def related(self, head: Nominal) -> Nominal:
        """`head`, perhaps with a relative clause, in which it is the subject or a complement."""
        if not self._relatives or not self.chance(0.7):
            return head
        role = self.weighted(((0.4, "subject"), (0.35, "object"), (0.1, "dative"), (1, "prepositional")))
        if role == "subject":
            verbs = list(verbs_for(head.kind))
        elif role == "prepositional":
            verbs = [verb for verb in verbs_for("person") if head.kind in (verb.slot(verb.prepositional or "") or ())]
        else:
            verbs = [verb for verb in verbs_for("person", {"object": "acc", "dative": "dat"}[role], head.kind)
                     if role == "object" or not verb.slot("acc")]  # fmt: skip
        if not verbs:
            return head
        self._relatives -= 1
        pronoun = relative_pronoun(head)
        subject, object, dative, prepositional = (pronoun if role == name else None for name in ROLES)
        clause = self.clause(self.pick(RELATIVE_TENSES), verb=self.fresh(verbs), plain=True, subject=subject,
                             object=object, dative=dative, prepositional=prepositional)  # fmt: skip
        animate = clause.object is not None and clause.object.kind in ("person", "kin", "animal")
        if animate and clause.object and not unmistakable(clause.subject, clause.object):
            return head
        return with_relative(head, clause, role)

    # ------------------------------------------------------------------------------------------------------ clauses

    def place(self, slot: str) -> Phrase:
        """Where (`spot`, `around`, `town`, `surface`), where to (`goal`, `trip`, `onto`) or where from (`origin`)."""
        thither = slot in ("goal", "trip", "onto")
        if slot in ("town", "origin") or (slot not in ("surface", "onto") and self.chance(0.15)):
            town = self.pick(lexicon.TOWNS)
            preposition = ("nach", "to") if thither else ("aus", "from") if slot == "origin" else ("in", "in")
            return Phrase(f"{preposition[0]} {town[0]}", f"{preposition[1]} {town[1]}")
        case = "acc" if thither else "dat"
        if slot in ("surface", "onto"):
            preposition = self.pick((("auf", "on"), ("auf", "on"), ("unter", "under"), *PREPOSITIONS))
            where = self.bare(("furniture",))
        elif slot != "trip" and self.chance(0.15):
            preposition = self.pick(PREPOSITIONS)
            where = self.bare(("building", "tree", "opening"))
        elif thither and self.chance(0.15):
            preposition, case = ("zu", "to"), "dat"
            where = self.bare(("person",))
        elif self.chance(0.1):
            return Phrase("nach Hause", "home") if thither else Phrase("zu Hause", "at home")
        else:
            noun = self.noun(("place",) if slot == "trip" else ("place", "room"))
            preposition = noun.thither if thither else noun.there
            case = "dat" if preposition[0] == "zu" else case
            article = self.weighted(((0.8, "der"), (1, "ein")))
            where = noun_phrase(noun, article, adjective=self.adjective(noun, 0.22))
        return Phrase(where.after(preposition[0], case), f"{preposition[1]} {where.english[1]}")

    def bare(self, kinds: tuple[str, ...]) -> Nominal:
        """A definite phrase without more."""
        noun = self.noun(kinds)
        return noun_phrase(noun, adjective=self.adjective(noun, 0.2))

    def adjective(self, noun: Noun, probability: float) -> Adjective | None:
        fitting = adjectives_for(noun.kind)
        return self.pick(fitting) if fitting and self.chance(probability) else None

    def time(self, tense: str) -> Phrase:
        family = {"past": "past", "passive": "past", "future": "future"}.get(tense, "present")
        what = self._random()
        if what < 0.12:
            day = self.pick(lexicon.DAYS)
            return Phrase(f"am {day[0]}", f"on {day[1]}")
        if what < 0.22:
            month = self.pick(lexicon.SEASONS + lexicon.MONTHS)
            return Phrase(f"im {month[0]}", f"in {month[1]}")
        if what < 0.32:
            hour = self.pick(lexicon.NUMBERS)
            return Phrase(f"um {hour[0]} Uhr", f"at {hour[1]} o'clock")
        if what < 0.45 and family != "present":
            number, span = self.pick(lexicon.NUMBERS), self.pick(lexicon.SPANS)
            past = family == "past"
            return Phrase(
                f"{'vor' if past else 'in'} {number[0]} {span[0]}",
                f"{number[1]} {span[1]} ago" if past else f"in {number[1]} {span[1]}",
            )
        return Phrase(*self.pick(lexicon.TIMES[family]))

    def clause(
        self, tense: Tense, *, subject: Nominal | None = None, verb: Verb | None = None, object: Nominal | None = None,
        dative: Nominal | None = None, prepositional: Nominal | None = None, modal: str = "", plain: bool = False,
        event: bool = False,
    ) -> Clause:  # fmt: skip
        """A clause with all that its verb asks for.

        `plain`: neither negated nor with adverbs; `event`: something happens, it is neither a state nor negated.
        """
        if verb is None:
            kind = subject.kind or "person" if subject else self.weighted(((0.08, "animal"), (1, "person")))
            fitting = verbs_for("person" if kind == "kin" else kind)
            verb = self.fresh([verb for verb in fitting if not ((event or modal) and verb.timeless)])
        self._said.append(verb.participle)
        auxiliary = bool(modal) or tense in ("past", "perfect", "pluperfect", "future")
        subject = subject or self.subject(verb, auxiliary)
        negated = not (plain or event or _quantified(subject)) and self.chance(0.13)
        if verb.stative and tense == "progressive":
            tense = "present"
        if verb.timeless and tense == "perfect":
            tense = "past"
        kinds = verb.slot("acc") or ()
        simple = tense == "present" and not (plain or modal or negated or verb.stative)
        enjoyed = not kinds or kinds[0] in ("text", "food", "drink", "clothing")
        fond = simple and enjoyed and subject not in INDEFINITE and subject.kind != "animal" and self.chance(0.12)
        precise = negated or (verb.timeless and "person" in kinds)
        if kinds and object is None:
            determiner = "kein" if negated and not verb.timeless and self.chance(0.5) else "" if fond else "any"
            object = self.object(kinds, subject, determiner, precise)
        if (others := verb.slot("dat")) and dative is None:
            dative = self.complement(others, subject, precise, dative=True)
        if verb.prepositional and prepositional is None:
            prepositional = self.complement(verb.slot(verb.prepositional) or (), subject, definite=True, pronouns=False)
        # What follows a relative clause would seem to belong to it.
        if dative and object:
            dative = replace(dative, tail=("", ""))
        if object and verb.slot("onto") is not None:
            object = replace(object, tail=("", ""))
        heavy = any(nominal and nominal.tail[0] for nominal in (object, dative, prepositional))
        if heavy and tense == "progressive":
            tense = "present"
        place = None
        for slot in ("spot", "goal", "trip", "surface", "onto", "origin", "around"):
            optional = slot == "around"
            chance = 0 if heavy else 0.15 if object or negated else 0.45
            if verb.slot(slot) is not None and (not optional or self.chance(chance)):
                place = self.place(slot)
        found = Clause(
            subject, verb, tense, MODALS.get(modal), negated, fond, object, dative, prepositional, place=place
        )
        return found if plain else self.adverbs(found, timed=not heavy)

    def subject(self, verb: Verb, auxiliary: bool = False) -> Nominal:
        """Somebody or something that `verb` can be said of."""
        others = tuple(kind for kind in verb.subjects if kind != "person")
        if "person" in verb.subjects and not (others and self.chance(0.25)):
            return self.person(auxiliary=auxiliary)
        return self.phrase(others)

    def object(self, kinds: tuple[str, ...], subject: Nominal, determiner: str, definite: bool) -> Nominal:
        """A direct object with that determiner (`kein`, none) or `any`."""
        if determiner == "any":
            return self.complement(kinds, subject, definite)
        noun = self.noun(kinds)
        plural = bool(noun.plural) and (determiner == "" or self.chance(0.4))
        return noun_phrase(noun, determiner, plural=plural, adjective=self.adjective(noun, 0.25))

    def complement(
        self, kinds: tuple[str, ...], subject: Nominal, definite: bool = False, pronouns: bool = True,
        dative: bool = False,
    ) -> Nominal:  # fmt: skip
        if "person" not in kinds or (len(kinds) > 1 and self.chance(0.6)):
            return self.phrase(tuple(kind for kind in kinds if kind != "person"), subject, definite)
        found = self.person(subject, definite=definite, dative=dative)
        return found if pronouns or not found.pronoun else self.phrase(("person",), subject, definite)

    def adverbs(self, clause: Clause, timed: bool) -> Clause:
        """`clause` with a time or a frequency, as its tense allows."""
        if clause.tense == "progressive":
            return replace(clause, time=Phrase("gerade", "right now"))
        if clause.tense in ("perfect", "pluperfect"):
            return clause
        simple = clause.tense == "present" and not (clause.modal or clause.negated or clause.fond)
        if simple and not _quantified(clause.subject) and not clause.verb.timeless and self.chance(0.15):
            return replace(clause, frequency=Phrase(*self.pick(lexicon.FREQUENCIES)))
        if not timed or clause.verb.timeless or clause.verb.slot("origin") is not None or not self.chance(0.4):
            return clause
        when = "past" if clause.modal and clause.modal.tense == "past" else "future" if clause.modal else clause.tense
        time = self.time(when)
        return clause if clause.negated and time.english.startswith("every ") else replace(clause, time=time)

    def free(self, subject: Nominal | None = None) -> Clause:
        """A main clause in any tense, perhaps with a modal verb."""
        tense, modals = self.weighted(FREE)
        return self.clause(tense, modal=self.pick(modals), subject=subject)

    def copula(self, subject: Nominal, tense: Tense, exclude: tuple[str, ...] = (), passing: bool = False) -> Clause:
        """`subject` is so; the adjective fits none of the kinds in `exclude`, and is a `passing` mood if asked."""
        word = self.pick(adjectives_for(subject.kind or "person", exclude, passing))
        very = self.weighted(((0.2, ("sehr ", "very ")), (0.1, ("zu ", "too ")), (1, ("", ""))))
        return Clause(subject, COPULA, tense, negated=not _quantified(subject) and self.chance(0.15),
                      predicate=Phrase(very[0] + word.german, very[1] + word.english))  # fmt: skip

    def anaphor(self, mentioned: Nominal) -> Nominal | None:
        """The pronoun for somebody or something mentioned before; None where German would have a choice."""
        if mentioned.person < 3 or mentioned in PRONOUNS.values():
            return mentioned
        personal = mentioned.kind in ("person", "kin")
        if mentioned.pronoun or (personal and mentioned.gender == "n" and not mentioned.plural):
            return None
        if mentioned.plural:
            return PRONOUNS["sie alle"]
        forms = {"m": ("er", "ihn", "ihm"), "f": ("sie", "sie", "ihr"), "n": ("es", "es", "ihm")}[mentioned.gender]
        words = {"m": ("he", "him"), "f": ("she", "her")}[mentioned.gender] if personal else ("it", "it")
        return Nominal(forms, words, gender=mentioned.gender, kind=mentioned.kind, pronoun=True)
