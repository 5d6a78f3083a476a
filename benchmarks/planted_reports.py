"""Invented identities, planted in real report texts.

Names come from `benchmarks/peers/deid-reports-names.txt`: the whole of the US census by frequency,
of which the product lists the 20,000 most frequent surnames; and Faker's lists of four countries,
which the product has too, and of four that it has not.
"""

import json
import random
import subprocess
from collections.abc import Sequence
from typing import Final, NamedTuple

from peers import peer_python

__all__ = ["Planted", "PlantedReport", "load_names", "plant"]

_DUMP: Final = """
import importlib, json, re, sys
import names
folder = names.__path__[0]
def census(name):
    rows = [line.split() for line in open(f"{folder}/{name}")]
    return [[row[0].capitalize() for row in rows], [float(row[1]) + 1e-4 for row in rows]]
def faker(locale):
    person = importlib.import_module(f"faker.providers.person.{locale}").Provider
    def of(*keys):
        found = set()
        for key in keys:
            found.update(getattr(person, key, ()))
        return sorted(n for n in found if re.fullmatch(r"[^\\W\\d_]{2,}(?:[ '-][^\\W\\d_]+)*", n))
    first = of("first_names", "first_names_male", "first_names_female")
    return [first, of("last_names", "last_names_male", "last_names_female")]
json.dump({
    "census": [census("dist.female.first"), census("dist.male.first"), census("dist.all.last")],
    "lists": {locale: faker(locale) for locale in sys.argv[1].split(",")},
}, sys.stdout)
"""
_LOCALES: Final = {
    "en": ("en_IN", "it_IT", "nl_NL"),
    "de": ("de_DE", "tr_TR"),
    "es": ("es_ES", "it_IT"),
    "pt": ("pt_BR", "it_IT"),
    "fr": ("fr_FR", "nl_NL"),
}
_CENSUS_SHARE: Final = 0.7
"""Of the names in English reports."""

_HEADERS: Final = {
    "en": (
        "PATIENT NAME: {P_LAST_FIRST}   MRN: {mrn}   DOB: {date}",
        "Patient: {p}  Accession: {acc}  Referring physician: {d}, MD",
        "INDICATION: {age}-year-old patient {P}. Request by Dr. {d_last}.",
        "Name: {P_UPPER}\nMRN {mrn}\nExam date: {date} {time}",
    ),
    "de": (
        "Patient: {p}, geb. {date}, Fallnummer {mrn}",
        "Sehr geehrter Herr Dr. {d_last}, wir berichten über Frau {p}, geb. am {date}.",
        "Name: {P_LAST_FIRST}  Pat-ID: {mrn}  Zuweiser: Dr. med. {d}",
    ),
    "es": (
        "Paciente: {p}  NHC: {mrn}  Fecha: {date}",
        "Paciente {p} de {age} años. Médico solicitante: Dra. {d}",
        "Apellidos y nombre: {P_LAST_FIRST}. Fecha de nacimiento: {date}",
    ),
    "pt": (
        "Paciente: {p}  Prontuário: {mrn}  Data: {date}",
        "Nome: {P_UPPER}\nMédico solicitante: Dr. {d}  CRM {crm}",
    ),
    "fr": (
        "Patient : {p}  Né le {date}  IPP : {mrn}",
        "Madame {p}, âgée de {age} ans. Médecin prescripteur : Dr {d}",
    ),
}
_SENTENCES: Final = {
    "en": (
        "Comparison is made with the study of {date}.",
        "Findings discussed with Dr. {o} by Dr. {r} at {time} on {date}.",
        "These results were called to {o}, RN at {time}.",
        "Findings were communicated to {o} by telephone at {time} on {date}.",
        "Notified {o_last} in the emergency department, pager {pager}.",
        "Mr. {p_last} was seen at {hospital}, Room {room}.",
        "Please call {phone} with questions.",
        "Dr. {o_last} was paged at {pager}.",
        "Discussed with {o} of the trauma team on {date}.",
        "Images sent to {email}.",
    ),
    "de": (
        "Verglichen mit der Voraufnahme vom {date}.",
        "Der Befund wurde mit Dr. {o} am {date} um {time} Uhr besprochen.",
        "Telefonisch mitgeteilt an Frau {o_last}, Tel. {phone}.",
        "Herr {p_last} liegt auf Station {room}.",
    ),
    "es": (
        "Se compara con estudio previo del {date}.",
        "Hallazgos comentados con la Dra. {o} el {date} a las {time}.",
        "Avisado el Dr. {o_last}, tel. {phone}.",
    ),
    "pt": (
        "Comparado com exame de {date}.",
        "Achados comunicados ao Dr. {o} em {date} às {time}.",
        "Contato: {email}, tel. {phone}.",
    ),
    "fr": (
        "Comparaison avec l'examen du {date}.",
        "Résultats communiqués au Dr {o} le {date} à {time}.",
        "Joindre le {phone} en cas de question.",
    ),
}
_CLOSINGS: Final = {
    "en": (
        "Dictated by: {r}, MD\nElectronically signed by: {o} on {date} at {time}",
        "Dictated by Dr. {r_last}. Reviewed by {o}.",
        "Electronically signed by {R_LAST_FIRST} {date} {time}\n{initials}",
        "Attending radiologist: {R_UPPER}, M.D.\nTranscribed: {date} {initials}",
        "Reviewed and approved by: {r}\nD: {date} T: {date}",
        "I, {r}, have reviewed the images. Job ID: {job}",
    ),
    "de": (
        "gez. Dr. med. {r}",
        "Befundet von: {r}\nOberarzt: Dr. {o}\nMit freundlichen kollegialen Grüßen\n{r}",
    ),
    "es": ("Firmado por: {r}, {date}", "Informado por: Dr. {r}\nNº colegiado {crm}"),
    "pt": ("Laudado por: Dr. {r}\nCRM {crm}", "Assinado eletronicamente por {r} em {date}"),
    "fr": ("Signé : Dr {r}", "Dicté par : {r}\nConfraternellement, Dr {o}"),
}
_MONTHS: Final = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro"
    " dezembro",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
_HOSPITALS: Final = (
    "St. Brennan's Hospital",
    "Wexcombe General Hospital",
    "Oakridge Medical Center",
    "University Hospital of Lanford",
    "Harlow Clinic",
)


class Planted(NamedTuple):
    """One planted value: its kind, its text, and whether the header tells of it."""

    kind: str
    text: str
    known: bool


class PlantedReport(NamedTuple):
    """A report with identities in it, and what the film's header would tell."""

    original: str
    text: str
    planted: tuple[Planted, ...]
    header_names: tuple[str, ...]
    header_ids: tuple[str, ...]
    language: str


class _Person(NamedTuple):
    first: str
    last: str


class _Names(NamedTuple):
    census: list[tuple[list[str], list[float]]]
    lists: dict[str, list[list[str]]]


def load_names() -> _Names:
    """Lists of names, from their own environment."""
    python = peer_python("deid-reports-names")
    wanted = ",".join(sorted({locale for each in _LOCALES.values() for locale in each}))
    done = subprocess.run(
        [str(python), "-c", _DUMP, wanted], check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    return _Names(found["census"], found["lists"])


def plant(text: str, names: _Names, chance: random.Random) -> PlantedReport:
    """Put a header, one to three sentences and a closing into a report, in one language.

    Of the people, patient and referring physician are always in the header; radiologist and the
    one who was spoken to never are, so that about half of the names are unknown.
    """
    language = chance.choices(list(_HEADERS), weights=(12, 2, 2, 2, 2))[0]
    scene = _Scene(language, names, chance)
    head = scene.fill(chance.choice(_HEADERS[language]))
    said = [
        scene.fill(each)
        for each in chance.sample(_SENTENCES[language], k=min(3, len(_SENTENCES[language])))
    ]
    close = scene.fill(chance.choice(_CLOSINGS[language]))
    whole = "\n".join((head, text, " ".join(said), close))
    if language == "en" and chance.random() < 0.15:
        whole = whole.upper()
    return PlantedReport(
        text,
        whole,
        tuple(dict.fromkeys(scene.planted)),
        scene.header_names,
        (scene.mrn, scene.acc),
        language,
    )


class _Scene:
    """The people and numbers of one report."""

    def __init__(self, language: str, names: _Names, chance: random.Random) -> None:
        self._language, self._names, self._chance = language, names, chance
        self._people = {key: self._person() for key in "pdro"}
        self.mrn = chance.choice(("{:08d}", "MR{:06d}", "{:07d}")).format(
            chance.randrange(10**6, 10**7)
        )
        self.acc = f"A{chance.randrange(10**6, 10**7)}"
        self.planted: list[Planted] = []

    @property
    def header_names(self) -> tuple[str, ...]:
        return tuple(
            f"{each.last}^{each.first}" for key, each in self._people.items() if key in "pd"
        )

    def fill(self, template: str) -> str:
        parts: list[str] = []
        for piece in template.split("{"):
            field, closed, rest = piece.partition("}")
            parts.append(self._value(field) + rest if closed else piece)
        return "".join(parts)

    def _value(self, field: str) -> str:
        person = self._people.get(field[0].lower())
        if person is None or field in {"date", "room", "pager", "phone", "DATE", "job"}:
            return self._number(field)
        kind = "known name" if field[0].lower() in "pd" else "unknown name"
        for part in (person.last,) if field.endswith("_last") else person:
            self.planted.append(Planted(kind, part, kind == "known name"))
        full = f"{person.first} {person.last}"
        if field.endswith("_UPPER"):
            return full.upper()
        if field.endswith("_LAST_FIRST"):
            return f"{person.last.upper()}, {person.first.upper()}"
        return person.last if field.endswith("_last") else full

    def _number(self, field: str) -> str:
        value = getattr(self, f"_{field}", None)
        text: str = value() if callable(value) else getattr(self, field)
        known = field in {"mrn", "acc"}
        kinds = {"mrn": "id", "acc": "id", "crm": "id", "job": "id", "pager": "phone"}
        if field != "age":
            for line in text.split("\n"):
                self.planted.append(Planted(kinds.get(field, field), line, known))
        return text

    def _person(self) -> _Person:
        chance = self._chance
        if self._language == "en" and chance.random() < _CENSUS_SHARE:
            women, men, last = self._names.census
            first = chance.choice((women, men))
            return _Person(
                chance.choices(first[0], weights=first[1])[0],
                chance.choices(last[0], weights=last[1])[0],
            )
        first_names, last_names = self._names.lists[chance.choice(_LOCALES[self._language])]
        return _Person(chance.choice(first_names), chance.choice(last_names or first_names))

    def _date(self) -> str:
        chance, language = self._chance, self._language
        day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(1935, 2023)
        name = _MONTHS[language].split()[month - 1]
        forms = [f"{day:02d}/{month:02d}/{year}", f"{year}-{month:02d}-{day:02d}"]
        if language == "en":
            forms += [
                f"{name} {day}, {year}",
                f"{day} {name[:3]} {year}",
                f"{month}/{day}/{year % 100:02d}",
                f"{name} {day}th {year}",
            ]
        elif language == "de":
            forms = [
                f"{day:02d}.{month:02d}.{year}",
                f"{day}. {name} {year}",
                f"{day}.{month}.{year % 100:02d}",
            ]
        elif language in ("es", "pt"):
            forms += [f"{day} de {name} de {year}", f"{day:02d}-{month:02d}-{year}"]
        else:
            forms += [f"{day} {name} {year}"]
        return chance.choice(forms)

    def _time(self) -> str:
        chance = self._chance
        hour, minute = chance.randint(1, 12), chance.randint(0, 59)
        if self._language == "fr":
            return f"{hour + 11}h{minute:02d}"
        if self._language == "en":
            return chance.choice(
                (
                    f"{hour}:{minute:02d} {chance.choice(('am', 'PM', 'p.m.'))}",
                    f"{hour + 11}:{minute:02d}",
                )
            )
        return f"{hour + 11}:{minute:02d}"

    def _phone(self) -> str:
        chance = self._chance

        def n(digits: int) -> int:
            return chance.randrange(10 ** (digits - 1), 10**digits)

        return {
            "en": chance.choice((f"({n(3)}) {n(3)}-{n(4)}", f"{n(3)}-{n(3)}-{n(4)}", f"x{n(5)}")),
            "de": f"0{n(3)} / {n(6)}",
            "es": f"9{n(2)} {n(3)} {n(3)}",
            "pt": f"({n(2)}) 9{n(4)}-{n(4)}",
            "fr": f"0{chance.randint(1, 7)} {n(2)} {n(2)} {n(2)} {n(2)}",
        }[self._language]

    def _pager(self) -> str:
        return str(self._chance.randrange(10_000, 100_000))

    def _room(self) -> str:
        return self._chance.choice(("412", "7B", "3-214", "B12"))

    def _hospital(self) -> str:
        return self._chance.choice(_HOSPITALS)

    def _email(self) -> str:
        person = self._people["o"]
        return f"{person.first[0]}.{person.last}@example.org".replace(" ", "").lower()

    def _initials(self) -> str:
        person = self._people["r"]
        return f"{person.first[0]}{person.last[0]}/xk".upper()[:3] + "kx"

    def _job(self) -> str:
        return str(self._chance.randrange(10**6, 10**7))

    def _crm(self) -> str:
        return str(self._chance.randrange(10_000, 200_000))

    def _age(self) -> str:
        return str(self._chance.randint(18, 89))


def share(part: int, whole: int) -> str:
    """A count and its share."""
    return f"{part:,} of {whole:,}" + (f" ({part / whole:.2%})" if whole else "")


def by_kind(planted: Sequence[Planted]) -> dict[str, list[Planted]]:
    """Planted values by kind."""
    kinds: dict[str, list[Planted]] = {}
    for each in planted:
        kinds.setdefault(each.kind, []).append(each)
    return kinds
