"""Claim: `map-descriptions` maps 50,000 rows per second in one process.

    python benchmarks/map_descriptions.py [--rows 200000] [--rounds 3]

Three tables are drawn from the truth table of descriptions (`tests/categories/truth.csv`), with
columns for study, series, protocol, body part, view and side:

- repeating: a few exams make up most rows, as in a hospital's export; few rows are distinct.
- noisy: the same, but each row's series also holds a surname and a number of its own; no two rows
  are the same. The claim is about this one and the first.
- mixed: study, series and tags are drawn apart from one another, so that nearly no two rows say the
  same, names and numbers aside. No export is like that; it shows what judging costs when nothing
  was judged before. It is not claimed, only printed.

The peer, in the same run: the plain loop of compiled regular expressions, one for each part and
each view, over the same words of the rule tables and the same CSV in and out. It takes the first
part and view that it finds and gives a category more often than the texts warrant.

Each run is a fresh process with cold caches; its clock starts after the imports, so that loading
the rules counts. Rounds take turns. The exit code says whether the medians hold the claim.
"""

import argparse
import csv
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

LEAST_RATE = 50_000
PEER_ROWS = 5_000
TRUTH = Path(__file__).parents[1] / "tests" / "categories" / "truth.csv"
COLUMNS = {
    "study_description": "study",
    "series_description": "series",
    "protocol_name": "protocol",
    "body_part_examined": "part_tag",
    "view_position": "view_tag",
    "laterality": "side_tag",
}
SYLLABLES = ("ka", "ber", "mül", "son", "ron", "te", "lin", "gar", "ci", "es", "ha", "tor")
OURS = """
import sys, time
from pathlib import Path
from plainfilm.categories import map_descriptions
begin = time.perf_counter()
summary = map_descriptions(Path(sys.argv[1]), Path(sys.argv[2]))
print(summary.rows, summary.undecided, time.perf_counter() - begin)
"""
PEER = """
import csv, re, sys, time
from collections import defaultdict
from plainfilm.categories._rules import bundled_rules
from plainfilm.categories._tokens import fold
from plainfilm.vocabulary import CATEGORIES
begin = time.perf_counter()
rules = bundled_rules()
def patterns(table, attribute):
    words = defaultdict(set)
    for term, meanings in table.entries():
        for meaning in meanings:
            words[getattr(meaning, attribute)].add(r"\\W+".join(map(re.escape, term)))
    return [
        (name, re.compile(r"\\b(?:" + "|".join(sorted(terms, key=len, reverse=True)) + r")\\b"))
        for name, terms in words.items()
    ]
parts, views = patterns(rules.part_words, "part"), patterns(rules.tag_view_words, "view")
categories = {(each.body_part, each.view): each.name for each in CATEGORIES}
sources = ["series_description", "protocol_name", "study_description", "body_part_examined"]
def first(table, texts):
    return next((name for text in texts for name, word in table if word.search(text)), "")
rows = undecided = 0
with open(sys.argv[1], newline="", encoding="utf-8") as source, open(sys.argv[2], "w") as target:
    reader = csv.DictReader(source)
    writer = csv.writer(target)
    for row in reader:
        texts = [fold(row[name]) for name in sources if row[name]]
        part = first(parts, texts)
        view = first(views, [*texts, fold(row["view_position"])])
        category = categories.get((part, view), "other" if part and view else "")
        writer.writerow([*row.values(), category, part, view])
        rows += 1
        undecided += not category
print(rows, undecided, time.perf_counter() - begin)
"""


def truth() -> list[dict[str, str]]:
    lines = TRUTH.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def write_table(path: Path, kind: str, rows: int) -> None:
    """A table of descriptions, the same for the same arguments."""
    draw = random.Random(f"{kind} {rows}")  # noqa: S311 - no secret, a repeatable table
    exams = truth()
    draw.shuffle(exams)
    often = [1 / (place + 1) for place in range(len(exams))]  # Zipf: exams repeat themselves
    surnames = [surname(draw) for _ in range(20_000)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", *COLUMNS])
        for number, exam in enumerate(draw.choices(exams, often, k=rows)):
            row = {column: exam[name] for column, name in COLUMNS.items()}
            if kind == "noisy":
                row["series_description"] += f" {draw.choice(surnames)} {draw.randrange(10**7)}"
            elif kind == "mixed":
                row = {column: draw.choice(exams)[name] for column, name in COLUMNS.items()}
            writer.writerow([number, *row.values()])


def surname(draw: random.Random) -> str:
    return "".join(draw.choices(SYLLABLES, k=draw.randint(2, 5))).upper()


def rate(script: str, table: Path, out: Path) -> float:
    """Rows per second of a fresh process."""
    command = [sys.executable, "-c", script, str(table), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, undecided, seconds = map(float, done.stdout.split())
    assert undecided < rows / 2, "hardly anything was named: the table or the rules are lost"
    return rows / seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    holds = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(
            f"rows/s, median of {given.rounds} rounds  plainfilm   range              peer   ratio"
        )
        for kind in ("repeating", "noisy", "mixed"):
            table, small, out = (folder / f"{each}.csv" for each in (kind, "small", "out"))
            write_table(table, kind, given.rows)
            write_table(small, kind, PEER_ROWS)
            ours, theirs = [], []
            for _ in range(given.rounds):
                ours.append(rate(OURS, table, out))
                theirs.append(rate(PEER, small, out))
            middle, peer = statistics.median(ours), statistics.median(theirs)
            spread = f"{min(ours):,.0f} to {max(ours):,.0f}"
            print(f"{kind:26}{middle:13,.0f}   {spread:18}{peer:6,.0f}{middle / peer:8.0f}")
            holds = holds and (kind == "mixed" or middle >= LEAST_RATE)
    print(f"claimed: {LEAST_RATE:,} rows/s for repeating and noisy rows")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
