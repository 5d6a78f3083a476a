"""Claims: 4,000 OpenI reports labelled per second in one process, loading included; and 30 times
as fast as medspaCy with the same phrases.

    python benchmarks/labels_speed.py [--rounds 3]

The first: a fresh Python process each round, from before it imports plainfilm until the table is
written: the lexicon, 3,955 .xml files, sections, mentions, context, labels.

The peer: medspaCy 1.3 in its own environment (`benchmarks/peers/labels-medspacy.txt`): blank
English tokenizer, sentencizer, target matcher with the lexicon's phrases as token patterns, ConText
with its cues; no model, no sections. Both sides go over the same whole reports in a fresh process,
loaded, and end with every mention, its span and its context. The rates with loading, which matters
for thousands of reports and not for a quarter of a million, stand beside: from the first import
on, JSON Lines read, and on our side the table written. Rounds take turns. The exit code says
whether the medians hold the claims.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from openi import openi_folder
from peers import peer_python
from plainfilm.records import SourceReport
from plainfilm.reports import read_reports

LEAST_RATE, LEAST_RATIO = 4_000, 30
# Each prints: reports, seconds from the first import on, seconds of the loop over texts alone.
OURS = """
import time
begin = time.perf_counter()
import sys
from pathlib import Path
from plainfilm.reports import Labeler, label_files, read_reports
summary = label_files(Path(sys.argv[1]), Path(sys.argv[2]), "nih", "findings+impression")
whole = time.perf_counter() - begin
texts = [report.text for report in read_reports(Path(sys.argv[1]))]
labeler = Labeler("nih", "findings+impression")
begin = time.perf_counter()
for text in texts:
    labeler.label(text)
print(summary.reports, whole, time.perf_counter() - begin)
"""
PEER = """
import time
begin = time.perf_counter()
import json, sys, spacy
import medspacy
from medspacy.context import ConTextRule
from medspacy.target_matcher import TargetRule
given = json.load(open(sys.argv[2]))
nlp = spacy.blank("en")
nlp.add_pipe("sentencizer")
matcher = nlp.add_pipe("medspacy_target_matcher")
matcher.add([TargetRule(text, name, pattern=pattern) for text, name, pattern in given["targets"]])
context = nlp.add_pipe("medspacy_context", config={"rules": None})
context.add([ConTextRule(text, name, direction=way, pattern=pattern)
             for text, name, way, pattern in given["cues"]])
texts = [json.loads(line)["text"] for line in open(sys.argv[1])]
loaded = time.perf_counter()
mentions = sum(len(doc.ents) for doc in nlp.pipe(texts))
end = time.perf_counter()
assert mentions > len(texts), "the peer finds next to nothing: its rules are lost"
print(len(texts), end - begin, end - loaded)
"""
WAYS = {
    "negation_before": ("NEGATED_EXISTENCE", "FORWARD"),
    "negation_after": ("NEGATED_EXISTENCE", "BACKWARD"),
    "uncertainty_before": ("POSSIBLE_EXISTENCE", "FORWARD"),
    "uncertainty_after": ("POSSIBLE_EXISTENCE", "BACKWARD"),
    "affirmation_before": ("PROBABLE_EXISTENCE", "FORWARD"),
    "affirmation_after": ("PROBABLE_EXISTENCE", "BACKWARD"),
    "past_before": ("HISTORICAL", "FORWARD"),
    "past_after": ("HISTORICAL", "BACKWARD"),
    "neutral": ("PSEUDO", "PSEUDO"),
    "stops": ("TERMINATE", "TERMINATE"),
}

Pattern = list[dict[str, object]]


def token_pattern(phrase: str) -> Pattern:
    """A phrase of the lexicon as spaCy's token pattern."""
    pattern: Pattern = []
    for part in phrase.rstrip(",").split():
        if gap := re.fullmatch(r"\[(\d)\]", part):
            pattern += [{"OP": "?"}] * int(gap[1])
        else:
            words = "|".join(
                re.escape(w[:-1]) + ".*" if w.endswith("*") else re.escape(w)
                for w in part.split("/")
            )
            pattern.append({"LOWER": {"REGEX": f"^(?:{words})$"}} if "*" in part else _exact(part))
    return pattern + ([{"LOWER": ","}] if phrase.endswith(",") else [])


def _exact(part: str) -> dict[str, object]:
    words = part.split("/")
    return {"LOWER": words[0]} if len(words) == 1 else {"LOWER": {"IN": words}}


def lexicon_for_peer() -> dict[str, list[list[object]]]:
    """The bundled English lexicon as target rules and ConText rules."""
    targets: list[list[object]] = []
    cues: list[list[object]] = []
    for entry in resources.files("plainfilm.reports").joinpath("lexicon", "en").iterdir():
        if not entry.name.endswith(".toml"):
            continue
        table = tomllib.loads(entry.read_text(encoding="utf-8"))
        if entry.name == "cues.toml":
            for kind, (category, way) in WAYS.items():
                cues += [[p, category, way, token_pattern(p)] for p in table[kind]]
        elif entry.name == "normal_statements.toml":
            phrases = (p for each in table["statement"] for p in each["phrases"])
            targets += [[p, "normal", token_pattern(p)] for p in phrases]
        else:
            name = entry.name.removesuffix(".toml")
            for key in ("phrases", "exclusions", "normal"):
                targets += [[p, f"{name} {key}", token_pattern(p)] for p in table.get(key, [])]
    return {"targets": targets, "cues": cues}


def rates(python: Path | str, script: str, *arguments: Path) -> tuple[float, float]:
    """Reports per second of a fresh process: loading included, and of the texts alone."""
    command = [str(python), "-W", "ignore", "-c", script, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    reports, whole, loop = map(float, done.stdout.split()[-3:])
    return reports / whole, reports / loop


def write_table(path: Path, reports: Iterable[SourceReport]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for report in reports:
            stream.write(json.dumps({"id": report.name, "text": report.text}) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    source, peer = openi_folder(), peer_python("labels-medspacy")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, rules, out = folder / "reports.jsonl", folder / "rules.json", folder / "out.csv"
        write_table(table, read_reports(source))  # and warms the disk's cache
        rules.write_text(json.dumps(lexicon_for_peer()))
        files, ours, theirs = [], [], []
        for _ in range(rounds):
            files += [rates(sys.executable, OURS, source, out)[0] for _ in range(3)]
            ours.append(rates(sys.executable, OURS, table, out))
            theirs.append(rates(peer, PEER, table, rules))
    rate = statistics.median(files)
    our_rate, our_loop = (statistics.median(each) for each in zip(*ours, strict=True))
    peer_rate, peer_loop = (statistics.median(each) for each in zip(*theirs, strict=True))
    print(f"medians of {rounds} rounds, reports/s     loading included   texts alone")
    print(f"plainfilm, 3,955 .xml files    {rate:14,.0f}   (best {max(files):,.0f})")
    print(f"plainfilm, JSON Lines          {our_rate:14,.0f}{our_loop:18,.0f}")
    print(f"medspaCy, JSON Lines           {peer_rate:14,.0f}{peer_loop:18,.0f}")
    ratio = our_loop / peer_loop
    print(f"times medspaCy                 {our_rate / peer_rate:14.1f}{ratio:18.1f}")
    print(f"claimed: {LEAST_RATE:,} reports/s from .xml files, {LEAST_RATIO} times medspaCy")
    return 0 if rate >= LEAST_RATE and ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
