"""The grammar of the demo language: noun phrases and clauses, each said in German and in English.

A `Clause` is a meaning; `german` and `english` put it into words. Their text is joined loosely (commas may meet);
`sentence` makes the final spelling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from hat.demo_language.lexicon import Adjective, EnglishVerb, Noun, Verb, english_verb

CASES = ("nom", "acc", "dat", "gen")
# Endings by gender (p: plural) in the order of CASES.
DER = {"m": ("der", "den", "dem", "des"), "f": ("die", "die", "der", "der"), "n": ("das", "das", "dem", "des"),
       "p": ("die", "die", "den", "der")}  # fmt: skip
STRONG = {"m": ("er", "en", "em", "es"), "f": ("e", "e", "er", "er"), "n": ("es", "es", "em", "es"),
          "p": ("e", "e", "en", "er")}  # fmt: skip
RELATIVE = {gender: (*forms[:2], "denen" if gender == "p" else forms[2]) for gender, forms in DER.items()}
ENGLISH_DETERMINERS = {"der": ("the", "the"), "dies": ("this", "these"), "jed": ("every", ""), "ein": ("a", ""),
                       "kein": ("a", "any"), "mein": ("my", "my"), "dein": ("your", "your"), "unser": ("our", "our"),
                       "viele": ("", "many"), "einige": ("", "some"), "alle": ("", "all")}  # fmt: skip
CONTRACTIONS = {"in dem": "im", "in das": "ins", "an dem": "am", "an das": "ans", "zu dem": "zum", "zu der": "zur",
                "von dem": "vom"}  # fmt: skip

Tense = Literal["present", "progressive", "past", "perfect", "pluperfect", "future", "passive"]
Order = Literal["main", "inverted", "final", "infinitive"]


@dataclass(frozen=True)
class Nominal:
    """A noun phrase or pronoun in all its cases; `tail` is a relative clause, which German may move to the end."""

    german: tuple[str, ...]  # by CASES; the genitive only where a phrase can possess something
    english: tuple[str, str]  # as subject, as object
    person: int = 3
    plural: bool = False
    gender: str = ""
    kind: str = ""
    pronoun: bool = False
    definite: bool = True
    articled: bool = False  # begins with the definite article, so that `in dem` contracts to `im`
    tail: tuple[str, str] = ("", "")

    def case(self, name: str) -> str:
        return self.german[CASES.index(name)]

    def after(self, preposition: str, case: str) -> str:
        text = f"{preposition} {self.case(case)}"
        pair = " ".join(text.split()[:2])
        return text.replace(pair, CONTRACTIONS.get(pair, pair), 1) if self.articled else text


@dataclass(frozen=True)
class Phrase:
    """An adverbial: it does not inflect."""

    german: str
    english: str


@dataclass(frozen=True)
class Modal:
    """A modal verb: German forms (ich, du, er, wir, ihr, sie); English verb, tense and link to the infinitive."""

    german: tuple[str, ...]
    english: EnglishVerb
    tense: str
    link: str = ""


@dataclass(frozen=True)
class Clause:
    """A meaning: who does what to whom, when and where."""

    subject: Nominal
    verb: Verb
    tense: Tense = "present"
    modal: Modal | None = None
    negated: bool = False
    fond: bool = False  # German `gern`, English `like to`
    object: Nominal | None = None
    dative: Nominal | None = None
    prepositional: Nominal | None = None
    predicate: Phrase | None = None
    time: Phrase | None = None
    frequency: Phrase | None = None
    place: Phrase | None = None
    agent: Phrase | None = None


def preterite(first: str, plural: str) -> tuple[str, ...]:
    """All forms from `konnte`, `konnten`; from `war`, `waren` as well."""
    second = f"{first}st"
    return (first, second, first, plural, f"{first}t", plural)


HABEN = ("habe", "hast", "hat", "haben", "habt", "haben")
SEIN = ("bin", "bist", "ist", "sind", "seid", "sind")
WERDEN = ("werde", "wirst", "wird", "werden", "werdet", "werden")
WAR, HATTE, WURDE = preterite("war", "waren"), preterite("hatte", "hatten"), preterite("wurde", "wurden")
BE = EnglishVerb("be", "is", "was", "been", "being", auxiliary=True)
HAVE = EnglishVerb("have", "has", "had", "had", "having", auxiliary=True)
HAVE_TO = english_verb("have/had/had")
DO, LIKE = english_verb("do/did/done", auxiliary=True), english_verb("like")
COPULA = Verb("sein", "ist", "gewesen", BE, stative=True)


def _invariable(present: str, past: str = "") -> EnglishVerb:
    return EnglishVerb(present, present, past, "", "", auxiliary=True)


MODALS = {
    "kann": Modal(("kann", "kannst", "kann", "können", "könnt", "können"), _invariable("can"), "present"),
    "muss": Modal(("muss", "musst", "muss", "müssen", "müsst", "müssen"), HAVE_TO, "present", "to"),
    "will": Modal(("will", "willst", "will", "wollen", "wollt", "wollen"), english_verb("want"), "present", "to"),
    "soll": Modal(("soll", "sollst", "soll", "sollen", "sollt", "sollen"), _invariable("should"), "present"),
    "darf": Modal(("darf", "darfst", "darf", "dürfen", "dürft", "dürfen"), BE, "present", "allowed to"),
    "möchte": Modal(
        ("möchte", "möchtest", "möchte", "möchten", "möchtet", "möchten"), _invariable("would"), "present", "like to"
    ),
    "konnte": Modal(preterite("konnte", "konnten"), _invariable("can", "could"), "past"),
    "musste": Modal(preterite("musste", "mussten"), HAVE_TO, "past", "to"),
    "wollte": Modal(preterite("wollte", "wollten"), english_verb("want"), "past", "to"),
}


def noun_phrase(
    noun: Noun,
    determiner: str = "der",
    *,
    plural: bool = False,
    adjective: Adjective | None = None,
    possessor: Nominal | None = None,
    owner: str = "",
    number: Phrase | None = None,
) -> Nominal:
    """`determiner` is `der`, a stem (`dies`, `jed`, `ein`, `kein`, `mein`, ...), `viele`, `einige`, `alle` or empty.

    `owner` is the English of the ambiguous `sein` and `ihr`; a possessor without determiner (a name) goes first.
    """
    gender = "p" if plural else noun.gender
    name_first = possessor is not None and not possessor.articled
    forms = []
    for index, case in enumerate(CASES):
        word, ending = _determiner("" if name_first else determiner, gender, index)
        if number is not None:
            word = f"{word} {number.german}"
        words = [possessor.case("gen") if possessor and name_first else word]
        words += [adjective.stem + ending] if adjective else []
        words.append(_inflect(noun, plural, case))
        words += [possessor.case("gen")] if possessor and not name_first else []
        forms.append(" ".join(filter(None, words)))
    if possessor is not None:
        article = f"{possessor.english[1]}'s"
    elif determiner in ENGLISH_DETERMINERS:
        article = ENGLISH_DETERMINERS[determiner][plural] or ("any" if determiner == "kein" else "")
        article = "any" if determiner == "kein" and not noun.plural else article
    else:
        article = owner
    english = " ".join(
        filter(None, (article, number.english if number else "", adjective.english if adjective else "",
                      noun.english_plural if plural else noun.english))
    )  # fmt: skip
    return Nominal(
        tuple(forms), (english, english), plural=plural, gender=noun.gender, kind=noun.kind,
        definite=determiner not in ("", "ein", "kein", "viele", "einige"),
        articled=determiner == "der" and not name_first,
    )  # fmt: skip


def _determiner(determiner: str, gender: str, case: int) -> tuple[str, str]:
    """The determiner in its case and the ending of an adjective after it (weak, mixed or strong)."""
    weak = "e" if (case == 0 and gender != "p") or (case == 1 and gender in "fn") else "en"
    strong = "en" if CASES[case] == "gen" and gender in "mn" else STRONG[gender][case]
    if determiner == "":
        return "", strong
    if determiner == "der":
        return DER[gender][case], weak
    if determiner in ("dies", "jed"):
        return determiner + STRONG[gender][case], weak
    if determiner in ("viele", "einige", "alle"):
        return determiner[:-1] + STRONG["p"][case], weak if determiner == "alle" else strong
    bare = (case == 0 and gender in "mn") or (case == 1 and gender == "n")
    return (determiner, strong) if bare else (determiner + STRONG[gender][case], weak)


def _inflect(noun: Noun, plural: bool, case: str) -> str:
    if plural:
        return noun.plural + ("n" if case == "dat" and noun.plural[-1] not in "ns" else "")
    if noun.weak:
        return noun.german if case == "nom" else noun.plural
    if case != "gen" or noun.gender == "f":
        return noun.german
    monosyllable = len(re.findall("[aeiouäöü]+", noun.german.lower())) == 1
    return noun.german + ("es" if monosyllable else "s")


def with_relative(head: Nominal, clause: Clause, role: str) -> Nominal:
    """`head` with the relative clause in which a `relative_pronoun` plays `role`."""
    return replace(head, tail=(f", {german(clause, 'final', role)} ,", english(clause, role)))


def relative_pronoun(head: Nominal) -> Nominal:
    words = ("who", "whom") if head.kind in ("person", "kin") else ("that", "that")
    return Nominal(RELATIVE["p" if head.plural else head.gender], words, plural=head.plural, gender=head.gender,
                   kind=head.kind, pronoun=True)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- German


def german(clause: Clause, order: Order = "main", front: str = "") -> str:
    """`inverted`: verb first (after a subordinate clause, or to ask); `final`: subordinate; `infinitive`: with `zu`.

    `front` is the role that goes first: in a main clause (else the subject), a relative clause or an indirect question.
    """
    fields = _middle_field(clause)
    front = front or ("subject" if order == "main" else "")
    start = [f"{text} {tail}" for role, text, tail in fields if role == front]
    fields = [field for field in fields if field[0] != front and (order, field[0]) != ("infinitive", "subject")]
    finite, closing = _verbs(clause, order)
    # A relative clause at the end of the middle field would hold up the verb: it is said after it.
    extraposed = fields[-1][2] if fields else ""
    middle = [f"{text} {tail}" for _, text, tail in fields[:-1]] + [text for _, text, _ in fields[-1:]]
    ending = [*middle, *closing, finite] if order in ("final", "infinitive") else [finite, *middle, *closing]
    return " ".join(" ".join([*start, *ending, extraposed]).split())


def _middle_field(clause: Clause) -> list[tuple[str, str, str]]:
    """The constituents (role, words, relative clause) in the order of the German middle field."""
    verb = clause.verb
    slots: dict[str, tuple[str, str]] = {}
    for role, case in (("subject", "nom"), ("object", "acc"), ("dative", "dat")):
        nominal: Nominal | None = getattr(clause, role)
        if nominal:
            slots[role] = (nominal.case(case), nominal.tail[0])
    if clause.prepositional and verb.prepositional:
        nominal = clause.prepositional
        slots["prepositional"] = (nominal.after(*verb.prepositional.split(".")), nominal.tail[0])
    for role in ("time", "frequency", "predicate", "agent", "place"):
        phrase: Phrase | None = getattr(clause, role)
        if phrase:
            slots[role] = (phrase.german, "")
    if verb.reflexive:
        index = clause.subject.person - 1 + 3 * clause.subject.plural
        slots["reflexive"] = (("mich", "dich", "sich", "uns", "euch", "sich")[index], "")
    already = "schon" if clause.tense == "perfect" and not clause.negated else ""
    kein = clause.negated and clause.object is not None and not clause.object.definite
    negation = "noch nicht" if clause.tense == "perfect" else "nicht"
    slots["adverb"] = (" ".join(filter(None, (negation if clause.negated and not kein else already,
                                              "gern" if clause.fond else ""))), "")  # fmt: skip
    light = [role for role in ("object", "dative") if (nominal := getattr(clause, role)) and nominal.pronoun]
    pronouns = ["reflexive", *light]
    opening = ["subject", *pronouns] if clause.subject.pronoun else [*pronouns, "subject"]
    indefinite = clause.object is not None and not clause.object.definite
    heavy = ["dative", "adverb", "object"] if indefinite else ["dative", "object", "adverb"]
    rest = [role for role in heavy if role not in light]
    order = [*opening, "time", "frequency", *rest, "prepositional", "agent", "predicate", "place"]
    return [(role, *slots[role]) for role in order if role in slots and slots[role][0]]


def _verbs(clause: Clause, order: Order) -> tuple[str, list[str]]:
    """The finite verb and what closes the clause."""
    verb = clause.verb
    index = clause.subject.person - 1 + 3 * clause.subject.plural
    infinitive = verb.prefix + verb.infinitive
    if order == "infinitive":
        return f"{verb.prefix}zu{verb.infinitive}" if verb.prefix else f"zu {verb.infinitive}", []
    if clause.modal:
        return clause.modal.german[index], [infinitive]
    if clause.tense == "future":
        return WERDEN[index], [infinitive]
    if clause.tense == "passive":
        return WURDE[index], [verb.participle]
    plain = {"sein": WAR, "haben": HATTE}.get(verb.infinitive)
    if clause.tense in ("past", "perfect") and plain:
        return plain[index], []
    if clause.tense in ("past", "perfect"):
        return (SEIN if verb.with_sein else HABEN)[index], [verb.participle]
    if clause.tense == "pluperfect":
        return (WAR if verb.with_sein else HATTE)[index], [verb.participle]
    finite = present(verb)[index]
    if order == "final":
        return verb.prefix + finite, []
    return finite, [verb.prefix]


def present(verb: Verb) -> tuple[str, ...]:
    """The six present forms of a German verb, the separable prefix left out."""
    special = {"sein": SEIN, "haben": HABEN, "wissen": ("weiß", "weißt", "weiß", "wissen", "wisst", "wissen")}
    if verb.infinitive in special:
        return special[verb.infinitive]
    stem = verb.infinitive.removesuffix("n").removesuffix("e")
    second = verb.third.removesuffix("t")
    second += "t" if second.endswith(("s", "ß", "z", "x")) else "st"
    plural = stem + ("et" if stem.endswith(("t", "d")) else "t")
    return (f"{stem}e", second, verb.third, verb.infinitive, plural, verb.infinitive)


# --------------------------------------------------------------------------------------------------------- English


def english(clause: Clause, front: str = "", question: bool = False) -> str:
    """A statement, or with `question` the inverted order; `front` is the role that goes first."""
    verb = clause.verb
    subject = clause.subject
    roles = {"dative": clause.dative, "object": clause.object, "prepositional": clause.prepositional}
    if verb.swapped and clause.dative:
        subject, roles = clause.dative, {"subject": clause.subject}
    moved = roles.pop(front, None)
    complements = [nominal for nominal in roles.values() if nominal]
    phrases = {"place": clause.place, "time": clause.time}
    advanced = phrases.pop(front, None)
    start = [moved.english[1] if moved else "", advanced.english if advanced else ""]
    said = [nominal.english[1] + " " + nominal.tail[1] for nominal in complements]
    # A particle follows a pronoun: `picks him up`; with a preposition it belongs to the verb: `looks forward to`.
    split = bool(verb.particle and not verb.preposition and complements and complements[0].pronoun)
    said = [said[0], verb.particle, *said[1:]] if split else [verb.particle, verb.preposition, *said]
    tail = [
        clause.predicate.english if clause.predicate else "", *said, clause.agent.english if clause.agent else "",
        *(phrase.english for phrase in phrases.values() if phrase),
        "yet" if clause.tense == "perfect" and clause.negated else "",
    ]  # fmt: skip
    inverted = question and front != "subject"
    head, tense, rest = _chain(clause)
    if not head.auxiliary and (clause.negated or inverted):
        head, rest = DO, [head.base, *rest]
    finite = _finite(head, tense, subject)
    adverb = clause.frequency.english if clause.frequency else ""
    if clause.tense == "perfect" and not clause.negated:
        adverb = "already"
    name = f"{subject.english[0]} {subject.tail[1]}"
    negation = "not" if clause.negated else ""
    if inverted:
        core = [finite, name, negation, adverb]
    else:
        core = [name, finite, negation, adverb] if head.auxiliary else [name, adverb, finite]
    return " ".join(" ".join([*start, *core, *rest, *tail]).split())


def english_infinitive(clause: Clause, gerund: bool = False) -> str:
    """`to` infinitive, or the -ing form without it; the subject is not said."""
    verb = clause.verb.english
    start = verb.progressive if gerund else f"to {verb.base}"
    silent = Nominal(("",) * 4, ("", ""))
    words = english(replace(clause, subject=silent, tense="present", modal=None, negated=False)).split()
    return " ".join([start, *words[1:]])


def _chain(clause: Clause) -> tuple[EnglishVerb, str, list[str]]:
    """The verb that is finite, its tense, and the verb forms that follow."""
    verb = clause.verb.english
    if clause.modal:
        return clause.modal.english, clause.modal.tense, [clause.modal.link, verb.base]
    if clause.fond:
        return LIKE, "present", ["to", verb.base]
    match clause.tense:
        case "progressive":
            return BE, "present", [verb.progressive]
        case "perfect":
            return HAVE, "present", [verb.participle]
        case "pluperfect":
            return HAVE, "past", [verb.participle]
        case "future":
            return _invariable("will"), "present", [verb.base]
        case "passive":
            return BE, "past", [verb.participle]
        case _:
            return verb, clause.tense, []


def _finite(verb: EnglishVerb, tense: str, subject: Nominal) -> str:
    if verb is BE:
        if subject.plural or subject.person == 2:
            return "are" if tense == "present" else "were"
        return "was" if tense == "past" else "am" if subject.person == 1 else "is"
    if tense == "past":
        return verb.past
    return verb.third if subject.person == 3 and not subject.plural else verb.base


def sentence(text: str, end: str) -> str:
    """Final spelling: commas and spaces, `a` or `an`, a capital first."""
    text = " ".join(f"{text} {end}".split())
    text = re.sub(r" ,(?: ,)*", ",", text)
    text = re.sub(r",? ([.?])$", r"\1", text)
    text = re.sub(r"\ba (?=[aeiou])", "an ", text).replace("can not", "cannot")
    return text[0].upper() + text[1:]
