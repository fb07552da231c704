"""The words of the demo language: German and English side by side, with the forms that no rule gives.

The tables are Python text, not a data file: a changed word changes the code hash of the commands that use them.
"""

from __future__ import annotations

from dataclasses import dataclass

# German gender plural English [English plural]; `m*` declines weakly; plural `-`: a mass noun.
# A place also says how one is there and how one gets there: German preposition, English preposition, twice.
NOUNS = """
person
  Mann m Männer man men
  Frau f Frauen woman women
  Kind n Kinder child children
  Junge m* Jungen boy
  Mädchen n Mädchen girl
  Lehrer m Lehrer teacher
  Lehrerin f Lehrerinnen teacher
  Arzt m Ärzte doctor
  Nachbar m* Nachbarn neighbour
  Student m* Studenten student
  Freund m Freunde friend
  Fahrer m Fahrer driver
kin
  Bruder m Brüder brother
  Schwester f Schwestern sister
  Vater m Väter father
  Mutter f Mütter mother
  Sohn m Söhne son
  Tochter f Töchter daughter
animal
  Hund m Hunde dog
  Katze f Katzen cat
  Pferd n Pferde horse
  Vogel m Vögel bird
  Maus f Mäuse mouse mice
text
  Buch n Bücher book
  Brief m Briefe letter
  Geschichte f Geschichten story
paper
  Zeitung f Zeitungen newspaper
object
  Ball m Bälle ball
  Schlüssel m Schlüssel key
  Bild n Bilder picture
  Tasse f Tassen cup
device
  Telefon n Telefone phone
  Uhr f Uhren watch
furniture
  Tisch m Tische table
  Stuhl m Stühle chair
  Bett n Betten bed
vehicle
  Auto n Autos car
transit
  Bus m Busse bus
  Zug m Züge train
opening
  Tür f Türen door
  Fenster n Fenster window
clothing
  Mantel m Mäntel coat
  Hemd n Hemden shirt
  Schuh m Schuhe shoe
food
  Apfel m Äpfel apple
  Kuchen m Kuchen cake
  Brot n - bread
  Fisch m Fische fish fish
dish
  Suppe f Suppen soup
drink
  Milch f - milk
  Kaffee m - coffee
  Tee m - tea
  Saft m - juice
event
  Reise f Reisen trip
  Konzert n Konzerte concert
  Prüfung f Prüfungen exam
building
  Haus n Häuser house
  Brücke f Brücken bridge
tree
  Baum m Bäume tree
place
  Garten m Gärten garden in in in into
  Park m Parks park in in in to
  Schule f Schulen school in at in to
  Stadt f Städte city in in in to
  Wald m Wälder forest in in in into
  Bahnhof m Bahnhöfe station an at zu to
  Markt m Märkte market auf at auf to
  Straße f Straßen street auf in auf into
  Restaurant n Restaurants restaurant in in in to
  Krankenhaus n Krankenhäuser hospital in in in to
  Laden m Läden shop in in in to
room
  Küche f Küchen kitchen in in in into
  Zimmer n Zimmer room in in in into
  Büro n Büros office in at in to
"""

# First part as it stands in the compound, second part, English first part.
COMPOUNDS = """
Bus Fahrer bus
Musik Lehrer music
Schul Bus school
Schul Buch school
Auto Schlüssel car
Haus Schlüssel house
Küchen Tisch kitchen
Tee Tasse tea
Apfel Kuchen apple
Apfel Baum apple
Kartoffel Suppe potato
Winter Mantel winter
Blumen Laden flower
"""

THINGS = "text paper object device furniture vehicle transit opening clothing building"

# German[/stem when inflected] English [comparatives] : kinds of noun it fits (`mood`: it passes).
# `_` in English is a space.
ADJECTIVES = f"""
alt old älter older : person kin animal {THINGS} place
jung young jünger younger : person animal
groß tall größer taller : person
groß big größer bigger : animal object furniture vehicle transit opening building place room
klein short kleiner shorter : person
klein small kleiner smaller : animal object device furniture vehicle building opening place room
nett nice netter nicer : person kin
klug clever klüger cleverer : person kin animal
müde/müd tired : mood person kin animal
krank sick : mood person kin animal
neu new neuer newer : {THINGS}
rot red : object vehicle clothing furniture opening
schwarz black : object vehicle clothing device animal
schön beautiful schöner more_beautiful : text building place clothing
teuer/teur expensive teurer more_expensive : device furniture vehicle clothing object
billig cheap billiger cheaper : device furniture vehicle clothing object
interessant interesting interessanter more_interesting : text paper
kalt cold : dish drink
warm warm : dish drink room
"""

# German 3rd person and participle (`+`: perfect with sein; `.` after a separable prefix; `sich`: reflexive)
# | English base[/past/participle] [particle] [@preposition] [! no progressive, !! no time either]
# [~ German dative is the English subject]
# | kinds of subject > slots (acc, dat, German preposition.case: kinds; `spot`, `around` (optional), `surface`: where;
#   `goal`, `trip`, `onto`: where to; `origin`: where from).
VERBS = """
schlafen schläft geschlafen | sleep/slept/slept | person animal > around
arbeiten arbeitet gearbeitet | work | person > around
spielen spielt gespielt | play | person animal > around
wohnen wohnt gewohnt | live !! | person > spot
bleiben bleibt +geblieben | stay | person > spot
liegen liegt gelegen | lie/lay/lain | text paper object clothing > surface
auf.stehen steht +aufgestanden | get/got/got up | person
ein.schlafen schläft +eingeschlafen | fall/fell/fallen asleep | person animal > around
an.kommen kommt +angekommen | arrive | person transit
zurück.kommen kommt +zurückgekommen | come/came/come back | person animal
ein.kaufen kauft eingekauft | go/went/gone shopping | person
fern.sehen sieht ferngesehen | watch television | person
gehen geht +gegangen | go/went/gone | person > goal
fahren fährt +gefahren | travel/travelled/travelled | person > trip
laufen läuft +gelaufen | run/ran/run | person animal > goal
kommen kommt +gekommen | come/came/come ! | person > origin
lesen liest gelesen | read/read/read | person > acc text paper; around
schreiben schreibt geschrieben | write/wrote/written | person > acc text
kaufen kauft gekauft | buy/bought/bought | person > acc object device furniture vehicle clothing food paper text; around
verkaufen verkauft verkauft | sell/sold/sold | person > acc object device furniture vehicle clothing animal building
essen isst gegessen | eat/ate/eaten | person > acc food dish; around
trinken trinkt getrunken | drink/drank/drunk | person > acc drink; around
sehen sieht gesehen | see/saw/seen ! | person animal > acc person animal transit building tree; around
suchen sucht gesucht | look @for | person animal > acc person animal object device
finden findet gefunden | find/found/found ! | person > acc object device animal; around
verlieren verliert verloren | lose/lost/lost ! | person > acc object device paper; around
vergessen vergisst vergessen | forget/forgot/forgotten ! | person > acc object text
besuchen besucht besucht | visit | person > acc person
lieben liebt geliebt | love !! | person > acc person animal
kennen kennt gekannt | know/knew/known !! | person > acc person text place
treffen trifft getroffen | meet/met/met | person > acc person; around
tragen trägt getragen | wear/wore/worn | person > acc clothing
bauen baut gebaut | build/built/built | person > acc building
reparieren repariert repariert | repair | person > acc device vehicle opening
waschen wäscht gewaschen | wash | person > acc clothing vehicle
brauchen braucht gebraucht | need !! | person > acc object device vehicle clothing furniture
verpassen verpasst verpasst | miss ! | person > acc transit
verstehen versteht verstanden | understand/understood/understood !! | person > acc text person
haben hat gehabt | have/had/had !! | person > acc animal object device vehicle clothing
an.rufen ruft angerufen | call | person > acc person
ab.holen holt abgeholt | pick up | person > acc person; around
ein.laden lädt eingeladen | invite | person > acc person
zu.machen macht zugemacht | close | person > acc opening
weg.werfen wirft weggeworfen | throw/threw/thrown away | person > acc paper text clothing
auf.räumen räumt aufgeräumt | tidy up | person > acc room
an.ziehen zieht angezogen | put/put/put on | person > acc clothing
legen legt gelegt | put/put/put | person > acc text paper object clothing; onto
geben gibt gegeben | give/gave/given | person > dat person; acc text object device food
zeigen zeigt gezeigt | show/showed/shown | person > dat person; acc text object device building
schicken schickt geschickt | send/sent/sent | person > dat person; acc text
bringen bringt gebracht | bring/brought/brought | person > dat person; acc text paper food drink dish
helfen hilft geholfen | help | person > dat person
folgen folgt +gefolgt | follow | person animal > dat person animal
gehören gehört gehört | belong @to !! | object device vehicle clothing animal > dat person
gefallen gefällt gefallen | like !! ~ | text clothing building place vehicle > dat person
warten wartet gewartet | wait @for | person > auf.acc person transit
denken denkt gedacht | think/thought/thought @of | person > an.acc person event
sprechen spricht gesprochen | speak/spoke/spoken @to | person > mit.dat person
sich freuen freut gefreut | look forward @to | person > auf.acc event
sich erinnern erinnert erinnert | remember ! | person > an.acc person event
sich kümmern kümmert gekümmert | take/took/taken care @of | person > um.acc person animal
"""

# Verbs with a clause to follow: the conjunction (`zu`: an infinitive), the same forms.
CLAUSAL_VERBS = """
dass sagen sagt gesagt | say/said/said
dass glauben glaubt geglaubt | believe
dass wissen weiß gewusst | know/knew/known
dass hoffen hofft gehofft | hope
ob fragen fragt gefragt | ask
zu versuchen versucht versucht | try
zu vergessen vergisst vergessen | forget/forgot/forgotten
zu beschließen beschließt beschlossen | decide
zu versprechen verspricht versprochen | promise
"""

DOUBLING = ("run", "sit", "get", "put", "forget", "travel")
NAMES = {"m": ("Peter", "Paul", "Jan", "Tom", "Martin"), "f": ("Anna", "Maria", "Lena", "Julia", "Eva")}
TOWNS = (("Berlin", "Berlin"), ("Hamburg", "Hamburg"), ("München", "Munich"), ("Wien", "Vienna"),
         ("Köln", "Cologne"), ("Rom", "Rome"))  # fmt: skip
NUMBERS = (("zwei", "two"), ("drei", "three"), ("vier", "four"), ("fünf", "five"), ("sechs", "six"),
           ("sieben", "seven"), ("acht", "eight"), ("neun", "nine"), ("zehn", "ten"))  # fmt: skip
DAYS = (("Montag", "Monday"), ("Dienstag", "Tuesday"), ("Mittwoch", "Wednesday"), ("Donnerstag", "Thursday"),
        ("Freitag", "Friday"), ("Samstag", "Saturday"), ("Sonntag", "Sunday"))  # fmt: skip
SEASONS = (("Frühling", "spring"), ("Sommer", "summer"), ("Herbst", "autumn"), ("Winter", "winter"))
MONTHS = (("Januar", "January"), ("März", "March"), ("Mai", "May"), ("Juli", "July"), ("Oktober", "October"))
SPANS = (("Tagen", "days"), ("Wochen", "weeks"), ("Monaten", "months"), ("Jahren", "years"))
TIMES = {
    "present": (("heute", "today"), ("jeden Tag", "every day"), ("jeden Morgen", "every morning"),
                ("jede Woche", "every week"), ("am Abend", "in the evening"), ("am Wochenende", "at the weekend")),
    "past": (("gestern", "yesterday"), ("gestern Abend", "yesterday evening"), ("heute Morgen", "this morning"),
             ("letzte Woche", "last week"), ("letztes Jahr", "last year"), ("vor einer Stunde", "an hour ago")),
    "future": (("morgen", "tomorrow"), ("morgen Abend", "tomorrow evening"), ("heute Abend", "this evening"),
               ("nächste Woche", "next week"), ("nächstes Jahr", "next year"), ("bald", "soon")),
}  # fmt: skip
FREQUENCIES = (("immer", "always"), ("oft", "often"), ("manchmal", "sometimes"), ("selten", "rarely"), ("nie", "never"))


@dataclass(frozen=True)
class Noun:
    """A noun with the forms that are stored; `kind` is its group in the tables."""

    german: str
    gender: str
    weak: bool
    plural: str  # "" for a mass noun
    english: str
    english_plural: str
    kind: str
    there: tuple[str, str] = ("", "")  # German and English preposition of being at this place
    thither: tuple[str, str] = ("", "")  # the same of going there


@dataclass(frozen=True)
class Adjective:
    german: str
    stem: str
    english: str
    german_comparative: str
    english_comparative: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class EnglishVerb:
    base: str
    third: str
    past: str
    participle: str
    progressive: str
    auxiliary: bool = False  # negated and inverted without `do`


@dataclass(frozen=True)
class Verb:
    """A verb of both languages; `slots` maps acc, dat, `preposition.case` or a kind of place to kinds of noun."""

    infinitive: str  # without the separable prefix
    third: str
    participle: str
    english: EnglishVerb
    subjects: tuple[str, ...] = ()
    slots: tuple[tuple[str, tuple[str, ...]], ...] = ()
    prefix: str = ""
    reflexive: bool = False
    with_sein: bool = False
    particle: str = ""
    preposition: str = ""
    stative: bool = False  # no progressive
    timeless: bool = False  # a state that holds at no particular time
    swapped: bool = False

    def slot(self, name: str) -> tuple[str, ...] | None:
        return dict(self.slots).get(name)

    @property
    def prepositional(self) -> str | None:
        """The slot `preposition.case`, if it has one."""
        return next((name for name, _ in self.slots if "." in name), None)


def english_plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "ch", "sh", "x", "o")) else f"{noun}s"


def english_verb(forms: str, auxiliary: bool = False) -> EnglishVerb:
    """`base` of a regular verb, or `base/past/participle`."""
    base, *irregular = forms.split("/")
    stem = base[:-1] if base.endswith("e") and not base.endswith(("ee", "ie")) else base
    regular = f"{base[:-1]}ied" if base.endswith("y") and base[-2] not in "aeiou" else f"{base.removesuffix('e')}ed"
    past, participle = irregular or (regular, regular)
    third = "has" if base == "have" else english_plural(base)
    doubled = f"{base}{base[-1]}" if base in DOUBLING else stem
    progressive = f"{base[:-2]}ying" if base.endswith("ie") else f"{doubled}ing"
    return EnglishVerb(base, third, past, participle, progressive, auxiliary)


def _nouns() -> tuple[Noun, ...]:
    nouns: dict[str, Noun] = {}
    kind = ""
    for line in NOUNS.strip().splitlines():
        fields = line.split()
        if len(fields) == 1:
            kind = fields[0]
            continue
        german, gender, plural, english, *rest = fields
        plural = "" if plural == "-" else plural
        many = rest[0] if len(rest) == 1 else english_plural(english)
        way = rest if len(rest) == 4 else [""] * 4
        there, thither = (way[0], way[1]), (way[2], way[3])
        nouns[german] = Noun(german, gender[0], "*" in gender, plural, english, many, kind, there, thither)
    for line in COMPOUNDS.strip().splitlines():
        first, second, english = line.split()
        head = nouns[second]
        nouns[first + second.lower()] = Noun(
            first + head.german.lower(), head.gender, head.weak, head.plural and first + head.plural.lower(),
            f"{english} {head.english}", f"{english} {head.english_plural}", head.kind, head.there, head.thither,
        )  # fmt: skip
    return tuple(nouns.values())


def _adjectives() -> tuple[Adjective, ...]:
    found = []
    for line in ADJECTIVES.strip().splitlines():
        words, kinds = line.split(" : ")
        german, english, *more = words.split()
        german_more, english_more = more or ("", "")
        german, _, stem = german.partition("/")
        english_more = english_more.replace("_", " ")
        found.append(Adjective(german, stem or german, english, german_more, english_more, tuple(kinds.split())))
    return tuple(found)


def _verb(line: str) -> Verb:
    german, english, *frame = (part.strip() for part in line.split("|"))
    forms = german.removeprefix("sich ").split()
    prefix, _, infinitive = forms[0].rpartition(".")
    words = english.split()
    subjects, _, slots = (frame[0] if frame else "person").partition(">")
    return Verb(
        infinitive, forms[1], forms[2].removeprefix("+"), english_verb(words[0]), tuple(subjects.split()),
        tuple((slot.split()[0], tuple(slot.split()[1:])) for slot in slots.split(";") if slot.strip()),
        prefix, german.startswith("sich "), forms[2].startswith("+"),
        " ".join(word for word in words[1:] if word.isalpha()),
        next((word[1:] for word in words if word.startswith("@")), ""), "!" in english, "!!" in words, "~" in words,
    )  # fmt: skip


ALL_NOUNS = _nouns()
ALL_ADJECTIVES = _adjectives()
ALL_VERBS = tuple(_verb(line) for line in VERBS.strip().splitlines())
ALL_CLAUSAL_VERBS = tuple(
    (line.split()[0], _verb(line.partition(" ")[2])) for line in CLAUSAL_VERBS.strip().splitlines()
)
