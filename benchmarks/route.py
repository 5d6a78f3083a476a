"""Claim: 100,000 films are routed by rules on decisions and tags, table written, within 10 seconds.

    python benchmarks/route.py [--films 100000]

The archive's catalog and tags are made without films: routing reads no pixels. The peer is
rule-engine, in its own environment (`benchmarks/peers/route-rule-engine.txt`), which evaluates the
same conditions, written as its expressions, on the same facts, read from a JSON file; its reading
is not timed, ours is. Both must send every film the same way.
"""

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from peers import peer_python
from plainfilm.archive import Archive
from plainfilm.archive.film_rows import FilmWriter
from plainfilm.archive.read_files import FilmRow
from plainfilm.archive.runs import start_run
from plainfilm.archive.sources import SourceFile
from plainfilm.archive.tags import decode_batch, encode_batch
from plainfilm.engine import LocalEngine
from plainfilm.records import Decision, Film, Location, Outcome
from plainfilm.route import parse_rules, route_archive
from plainfilm.vocabulary import CATEGORIES

MOST_SECONDS: Final = 10
_COMMIT: Final = 2_000

RULES: Final = """
default = "review"
[[rule]]
name = "undecided"
outcome = ["conflict", "unknown"]
to = "review"
[[rule]]
name = "bedside"
tags.StationName = ["PORTABLE 1", "PORTABLE 2"]
body_part = "chest"
to = "bedside-model"
[[rule]]
name = "chest"
body_part = "chest"
outcome = ["agree", "repair"]
probability = { above = 0.90 }
to = "chest-model"
[[rule]]
name = "spine"
body_part = ["cervical_spine", "thoracic_spine", "lumbar_spine"]
probability = { above = 0.90 }
tags.Modality = "DX"
to = "spine-model"
"""

# Reads the facts (a list of records); prints each film's rule and the seconds it took.
PEER: Final = """
import json, sys, time, rule_engine
films = json.load(open(sys.argv[1]))
chest = "category =~ '^chest_'"
rules = [(name, rule_engine.Rule(text)) for name, text in (
    ("undecided", "outcome in ['conflict', 'unknown']"),
    ("bedside", f"StationName in ['PORTABLE 1', 'PORTABLE 2'] and {chest}"),
    ("chest", f"{chest} and outcome in ['agree', 'repair'] and probability > 0.9"),
    ("spine", "category =~ '^(cervical|thoracic|lumbar)_spine_' and probability > 0.9"
              " and Modality == 'DX'"),
)]
begin = time.perf_counter()
ways = [next((name for name, rule in rules if rule.matches(film)), "default") for film in films]
print(json.dumps([ways, time.perf_counter() - begin]))
"""


@dataclass(frozen=True)
class Decide:
    """Leaves decisions that were drawn before."""

    facts: Mapping[str, Mapping[str, object]]
    name: ClassVar[str] = "category"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()

    def process(self, batch: Sequence[Film]) -> list[Decision]:
        return [self._one(film) for film in batch]

    def _one(self, film: Film) -> Decision:
        of = self.facts[film.sop_instance_uid]
        probability = of["probability"]
        assert isinstance(probability, float)
        return Decision(film.film_id, Outcome(str(of["outcome"])), str(of["category"]), probability)


def draw_facts(films: int) -> dict[str, dict[str, object]]:
    """SOP Instance UID → what rules may ask."""
    chance = random.Random(7)  # noqa: S311 - no secret
    names = [category.name for category in CATEGORIES]
    facts: dict[str, dict[str, object]] = {}
    for number in range(films):
        outcome = chance.choices(list(Outcome), (80, 10, 3, 7))[0]
        decided = outcome in {Outcome.AGREE, Outcome.REPAIR}
        facts[f"2.25.{number}"] = {
            "outcome": outcome.value,
            "category": chance.choice(names) if decided else "",
            "probability": chance.random() ** 0.2,
            "StationName": chance.choice(("ROOM 1", "ROOM 2", "PORTABLE 1")),
            "Modality": chance.choice(("CR", "DX")),
        }
    return facts


def fill(archive: Archive, facts: Mapping[str, Mapping[str, object]]) -> None:
    """Catalog rows, tags and decisions, as an ingest and a run would leave them."""
    catalog = archive._catalog  # noqa: SLF001 - there is no public way to a film without a file
    writer = FilmWriter(catalog, archive.path, start_run(catalog, "ingest", "1", {}))
    for uids in _parts(list(facts)):
        tags = [
            {"SOPInstanceUID": uid, **{k: str(facts[uid][k]) for k in ("StationName", "Modality")}}
            for uid in uids
        ]
        writer.commit([_row(uid) for uid in uids], [decode_batch(encode_batch(tags))], [])
    with LocalEngine(1) as engine:
        archive.run(Decide(facts), engine=engine)


def _parts(uids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(uids), _COMMIT):
        yield uids[start : start + _COMMIT]


def _row(uid: str) -> FilmRow:
    number = int(uid.rpartition(".")[2])
    return FilmRow(
        file=SourceFile(Location(Path(f"/films/{number // 1000:04}/{number:08}.dcm")), 1, 1),
        sop_instance_uid=uid,
        series_instance_uid=f"2.25.9{number}",
        study_instance_uid=f"2.25.8{number // 2}",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.1",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        rows=2500, columns=2000, frames=1,
        patient_id=f"P{number // 4}", issuer=None, accession_number=f"A{number // 2}",
        study_date="20240101", study_description=None, modality="DX", series_description=None,
        stored=None,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--films", type=int, default=100_000)
    options = parser.parse_args()
    facts = draw_facts(options.films)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Archive.create(folder / "archive") as archive:
            fill(archive, facts)
            before = resource.getrusage(resource.RUSAGE_SELF)
            begin = time.perf_counter()
            rules = parse_rules(RULES, "rules.toml")
            route_archive(archive, rules, table=folder / "routes.csv")
            seconds = time.perf_counter() - begin
            after = resource.getrusage(resource.RUSAGE_SELF)
        (folder / "facts.json").write_text(json.dumps(list(facts.values())))
        command = [str(peer_python("route-rule-engine")), "-c", PEER, str(folder / "facts.json")]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        ways, peer_seconds = json.loads(done.stdout)
        with (folder / "routes.csv").open(newline="") as file:
            rule_of = {row["sop_instance_uid"]: row["rule"] for row in csv.DictReader(file)}
    assert [rule_of[uid] for uid in facts] == ways
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{options.films:,} films, 4 rules, the same ways\n"
        f"plainfilm   {seconds:6.2f} s from the archive to the table ({busy:.2f} s of processor)\n"
        f"rule-engine {peer_seconds:6.2f} s for the rules alone\n"
        f"ratio {peer_seconds / seconds:.1f}; peak memory"
        f" {after.ru_maxrss / 1024:,.0f} MiB, of it {before.ru_maxrss / 1024:,.0f} before routing"
    )
    return 0 if seconds <= MOST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
