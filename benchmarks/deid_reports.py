"""Claim: of identities planted in reports nothing that the header tells is left, and at most 2 % of
the names that it does not tell; at most 1 word in 1,000 goes that is no identity; at least 99.9 %
of the labels stay; 10 times philter-lite's rate.

    python benchmarks/deid_reports.py [--reports 3955] [--peer-reports 60]

The 3,955 reports of OpenI, in which the publishers put XXXX for identity. A header, sentences and a
closing with invented people are put into each (`planted_reports.py`), in English mostly, else in
German, Spanish, Portuguese or French. Patient and referring physician are known, as from a film's
header; radiologist and whoever was spoken to are not. A name is left where one of its words (three
letters or more, `van` and the like aside) is in the cleaned text more often than in the report
without it. The templates were written together with the rules, so expect more to be left in other
hospitals' reports.

Words that go and are no identity are counted in the reports as they were published, each with a
known patient of its own: names, ids, places and contacts that were found there are all wrong;
dates, times and ages are listed and count neither way, since some of them are real. Words that
reports are made of were taken from reports with even ids, so the odd ones are given apart.

The peer: philter-lite 0.6.0 with its own filters (`philter_delta`) in its own environment. Its
tagger's model is not on PyPI; capital letters stand in for it. It is told no names and made for
English, so it gets English reports only. How many words of the published reports it takes away is
counted, too.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from openi import openi_folder
from peers import peer_python
from plainfilm.deid.folding import fold
from plainfilm.deid.reports import Kind, clean_report, known_from_values
from plainfilm.records import SourceReport
from plainfilm.reports import Labeler, read_reports
from planted_reports import PlantedReport, by_kind, load_names, plant, share

SEED = 20
MOST_UNKNOWN, MOST_WRONG, LEAST_LABELS, LEAST_RATIO = 0.02, 1.0, 0.999, 10
_WORD = re.compile(r"[^\W_]+")
_PARTICLES = frozenset(["van", "der", "den", "und", "die", "ter", "von", "dos", "del", "the"])
_WRONG = (Kind.NAME, Kind.ID, Kind.PLACE, Kind.CONTACT)
_PEER = """
import json, os, sys, time
import nltk
nltk.pos_tag = lambda words: [(w, "NNP" if w[:1].isupper() else "NN") for w in words]
import philter_lite
filters = philter_lite.load_filters(
    os.path.join(os.path.dirname(philter_lite.__file__), "configs", "philter_delta.toml"))
texts = json.load(sys.stdin)
begin = time.perf_counter()
clean = []
for text in texts:
    include, _, _ = philter_lite.detect_phi(text, filters)
    clean.append(philter_lite.transform_text_asterisk(text, include))
json.dump([time.perf_counter() - begin, clean], sys.stdout)
"""


def times_in(text: str, wanted: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(wanted)}(?!\w)", text))


def is_left(original: str, clean: str, kind: str, value: str) -> bool:
    """Whether a planted value shows in a cleaned text; both folded."""
    if "name" not in kind:
        return times_in(clean, fold(value)) > times_in(original, fold(value))
    words = [w for w in _WORD.findall(fold(value)) if len(w) > 2 and w not in _PARTICLES]
    return any(times_in(clean, word) > times_in(original, word) for word in words)


def left_by_kind(
    planted: Iterable[PlantedReport], cleaned: Iterable[str]
) -> dict[str, tuple[int, int]]:
    """Kind → how many planted values are left, of how many."""
    left: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    for report, text in zip(planted, cleaned, strict=True):
        original, clean = fold(report.original), fold(text)
        for kind, values in by_kind(report.planted).items():
            all_of[kind] += len(values)
            left[kind] += sum(is_left(original, clean, kind, each.text) for each in values)
    return {kind: (left[kind], all_of[kind]) for kind in all_of}


def clean_all(planted: Sequence[PlantedReport]) -> tuple[list[str], float]:
    """The cleaned texts, and reports per second in this process."""
    clean_report("")  # loads the lists
    begin = time.perf_counter()
    cleaned = [
        clean_report(each.text, known_from_values(each.header_names, each.header_ids)).text
        for each in planted
    ]
    return cleaned, len(planted) / (time.perf_counter() - begin)


def wrongly_removed(
    reports: Sequence[SourceReport], planted: Sequence[PlantedReport]
) -> dict[str, tuple[int, int]]:
    """Half of the reports → words that went and are no identity, of how many words."""
    found: dict[str, list[int]] = {"even ids": [0, 0], "odd ids": [0, 0]}
    others: Counter[str] = Counter()
    for report, each in zip(reports, planted, strict=True):
        half = found["odd ids" if int(report.name[3:]) % 2 else "even ids"]
        clean = clean_report(report.text, known_from_values(each.header_names, each.header_ids))
        half[1] += len(_WORD.findall(report.text))
        for span in clean.spans:
            words = len(_WORD.findall(span.old))
            if span.kind in _WRONG:
                half[0] += words
                print(f"  gone: {span.rule}: {span.old}")
            else:
                others[span.kind] += words
    print(f"  dates, times and ages in the published reports: {dict(others)}")
    return {name: (counts[0], counts[1]) for name, counts in found.items()}


def same_labels(reports: Sequence[SourceReport], planted: Sequence[PlantedReport]) -> float:
    """The share of reports and labels that are the same before and after."""
    same = total = 0
    for label_set in ("chexpert", "nih"):
        labeler = Labeler(label_set, "findings+impression")
        for report, each in zip(reports, planted, strict=True):
            known = known_from_values(each.header_names, each.header_ids)
            before = labeler.values(report.text)
            after = labeler.values(clean_report(report.text, known).text)
            for name in labeler.names:
                total += 1
                same += before.get(name) == after.get(name)
    return same / total


def print_left(title: str, found: dict[str, tuple[int, int]]) -> None:
    print(title)
    for kind, (left, total) in sorted(found.items()):
        print(f"  {kind:<14}{share(left, total):>28} left")


def run_peer(texts: Sequence[str]) -> tuple[list[str], float]:
    """The peer's cleaned texts, and its reports per second."""
    python = peer_python("deid-reports-philter")
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", _PEER],
        input=json.dumps(texts),
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, cleaned = json.loads(done.stdout)
    return cleaned, len(texts) / seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reports", type=int, default=3955)
    parser.add_argument("--peer-reports", type=int, default=60)
    options = parser.parse_args()
    chance, names = random.Random(SEED), load_names()  # noqa: S311  # seeded
    reports = sorted(read_reports(openi_folder()), key=lambda each: each.name)[: options.reports]
    planted = [plant(each.text, names, chance) for each in reports]
    cleaned, rate = clean_all(planted)
    found = left_by_kind(planted, cleaned)
    print_left(f"{len(planted):,} reports, all languages", found)
    for language in ("de", "es", "pt", "fr"):
        part = [(p, c) for p, c in zip(planted, cleaned, strict=True) if p.language == language]
        some = left_by_kind([p for p, _ in part], [c for _, c in part])
        print(f"  unknown names, {language}: {share(*some.get('unknown name', (0, 0)))} left")
    wrong = wrongly_removed(reports, planted)
    for half, (gone, words) in wrong.items():
        print(f"{half}: {1000 * gone / max(words, 1):.3f} of 1,000 words are gone and no identity")
    labels = same_labels(reports, planted)
    print(f"labels unchanged: {labels:.4%}")
    ratio = against_peer([p for p in planted if p.language == "en"][: options.peer_reports])
    print(f"plainfilm, all reports, one process: {rate:,.0f} reports/s")
    return 0 if holds(found, wrong, labels, ratio) else 1


def against_peer(english: Sequence[PlantedReport]) -> float:
    """How many times the peer's rate ours is; prints what both leave."""
    theirs, peer_rate = run_peer([each.text for each in english])
    bare, _ = run_peer([each.original for each in english])
    ours, rate = clean_all(english)
    print_left(f"philter-lite, {len(english)} English reports", left_by_kind(english, theirs))
    print_left("plainfilm, the same", left_by_kind(english, ours))
    before, after = (
        sum(len(_WORD.findall(text)) for text in texts)
        for texts in ([each.original for each in english], bare)
    )
    gone = 1000 * (before - after) / before
    print(f"philter-lite takes {gone:.1f} of 1,000 words out of the reports as published")
    print(f"reports/s, one process: plainfilm {rate:,.0f}; philter-lite {peer_rate:,.1f}")
    return rate / peer_rate


def holds(
    found: dict[str, tuple[int, int]],
    wrong: dict[str, tuple[int, int]],
    labels: float,
    ratio: float,
) -> bool:
    """Whether every claim holds."""
    unknown, all_unknown = found["unknown name"]
    gone, words = (sum(each) for each in zip(*wrong.values(), strict=True))
    told = sum(found[kind][0] for kind in ("known name", "id", "date"))
    return (
        told == 0
        and unknown <= MOST_UNKNOWN * all_unknown
        and 1000 * gone <= MOST_WRONG * words
        and labels >= LEAST_LABELS
        and ratio >= LEAST_RATIO
    )


if __name__ == "__main__":
    sys.exit(main())
