"""Claims: 4,000 OpenI reports labelled per second in one process, loading included; and 30 times
as fast as medspaCy with the same phrases.

    python benchmarks/labels_speed.py [--rounds 5] [--peer-reports 400]

Ours: a fresh Python process each round, from before it imports plainfilm until the table is
written: the lexicon, 3,955 .xml files, sections, mentions, context, labels. Beside it, the same
from a CSV file of the same reports.

The peer: medspaCy 1.3 in its own environment (`benchmarks/peers/labels-medspacy.txt`): blank
English tokenizer, sentencizer, target matcher with the lexicon's phrases as token patterns, ConText
with its cues; no model. It is given the text of the sections that count, and neither its loading
nor its output is timed. Rounds of ours and of the peer take turns. The exit code says whether the
medians hold the claims.
"""

import argparse
import csv
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from importlib import resources
from pathlib import Path

from openi import openi_folder
from peers import peer_python
from plainfilm.reports import read_reports

LEAST_RATE, LEAST_RATIO = 4_000, 30
COUNTED = re.compile(r"(?:FINDINGS|IMPRESSION):(.*?)(?=\n\n[A-Z]+:|\Z)", re.DOTALL)

OURS = """
import time
begin = time.perf_counter()
import sys
from pathlib import Path
from plainfilm.reports import label_files
summary = label_files(Path(sys.argv[1]), Path(sys.argv[2]), "nih", "findings+impression")
print(summary.reports, time.perf_counter() - begin)
"""

# Reads patterns and texts from the file that is named; answers each line of its input with the
# seconds that all texts took and the number of mentions.
PEER = """
import json, sys, time, spacy
import medspacy
from medspacy.context import ConTextRule
from medspacy.target_matcher import TargetRule
given = json.load(open(sys.argv[1]))
nlp = spacy.blank("en")
nlp.add_pipe("sentencizer")
matcher = nlp.add_pipe("medspacy_target_matcher")
matcher.add([TargetRule(text, name, pattern=pattern) for text, name, pattern in given["targets"]])
context = nlp.add_pipe("medspacy_context", config={"rules": None})
context.add([ConTextRule(text, name, direction=way, pattern=pattern)
             for text, name, way, pattern in given["cues"]])
print("ready", flush=True)
for line in sys.stdin:
    begin = time.perf_counter()
    mentions = sum(len(doc.ents) for doc in nlp.pipe(given["texts"]))
    print(time.perf_counter() - begin, mentions, flush=True)
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


class Peer:
    """medspaCy in its own process, loaded before anything is timed."""

    def __init__(self, folder: Path, texts: list[str]) -> None:
        given = folder / "given.json"
        given.write_text(json.dumps({**lexicon_for_peer(), "texts": texts}))
        self._reports = len(texts)
        self._process = subprocess.Popen(
            [str(peer_python("labels-medspacy")), "-W", "ignore", "-c", PEER, str(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._answer()

    def rate(self) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write("again\n")
        self._process.stdin.flush()
        seconds, mentions = self._answer().split()
        assert int(mentions) > self._reports, "the peer finds next to nothing: its rules are lost"
        return self._reports / float(seconds)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            if line.strip() == "ready" or re.fullmatch(r"[\d.e-]+ \d+", line.strip()):
                return line
        raise RuntimeError("medspaCy ended; run its process by hand to see why")


def our_rate(source: Path, folder: Path) -> tuple[float, float]:
    """Reports per second from the first import on, and of the whole process."""
    begin = time.perf_counter()
    command = [sys.executable, "-c", OURS, str(source), str(folder / "out.csv")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    whole = time.perf_counter() - begin
    reports, seconds = done.stdout.split()
    return int(reports) / float(seconds), int(reports) / whole


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-reports", type=int, default=400, help="the peer gets every nth")
    arguments = parser.parse_args()
    source = openi_folder()
    reports = list(read_reports(source))
    step = max(1, len(reports) // arguments.peer_reports)
    texts = ["\n".join(COUNTED.findall(report.text)) for report in reports[::step]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "reports.csv"
        with table.open("w", newline="") as stream:
            csv.writer(stream).writerows(
                [("id", "text"), *((report.name, report.text) for report in reports)]
            )
        peer = Peer(folder, texts)
        our_rate(source, folder)  # warms the disk's cache
        xml, whole, rows, theirs = [], [], [], []
        for _ in range(arguments.rounds):
            rate, with_interpreter = our_rate(source, folder)
            xml.append(rate)
            whole.append(with_interpreter)
            rows.append(our_rate(table, folder)[0])
            theirs.append(peer.rate())
        peer.close()
    rate, ratio = statistics.median(xml), statistics.median(xml) / statistics.median(theirs)
    print(f"{len(reports)} reports, medians of {arguments.rounds} rounds (best):")
    print(f"plainfilm, .xml files          {rate:9,.0f} reports/s ({max(xml):,.0f})")
    print(f"  the interpreter's start too  {statistics.median(whole):9,.0f} reports/s")
    print(f"plainfilm, a CSV file          {statistics.median(rows):9,.0f} reports/s")
    print(f"medspaCy, {len(texts)} reports           {statistics.median(theirs):9,.0f} reports/s")
    print(f"{rate:,.0f} reports/s, at least {LEAST_RATE:,} claimed")
    print(f"{ratio:.0f} times medspaCy, at least {LEAST_RATIO} claimed")
    return 0 if rate >= LEAST_RATE and ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
