"""A model card as a page for people, in Markdown."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from plainfilm.models.card import Card, CategoryFigures, Figure, Threshold
from plainfilm.models.detector_card import DetectorCard
from plainfilm.models.film_card import FilmCard
from plainfilm.models.finding_card import FindingCard
from plainfilm.models.tag_card import TagCard

__all__ = ["card_page"]

_AnyKind: TypeAlias = Card | TagCard | FilmCard | FindingCard | DetectorCard


def card_page(card: _AnyKind) -> str:
    """The whole card in Markdown."""
    of_kind: Iterator[str] = iter(())
    if isinstance(card, Card):
        of_kind = _of_categories(card)
    elif isinstance(card, TagCard):
        of_kind = _tags(card)
    elif isinstance(card, FindingCard):
        of_kind = _labels(card)
    notice = card.notice if isinstance(card, (FindingCard, DetectorCard)) else ""
    sections = (
        [f"# {card.name} {card.version}", notice, card.summary],
        _identity(card),
        _data(card),
        _figures(card),
        of_kind,
        _failures(card),
    )
    paragraphs = (text for section in sections for text in section if text)
    return "\n\n".join(paragraphs) + "\n"


def _of_categories(card: Card) -> Iterator[str]:
    yield from _categories(card)
    yield from _policy(card)


def _identity(card: _AnyKind) -> Iterator[str]:
    below = f", below {card.plainfilm_below}" if card.plainfilm_below else ""
    yield _table(
        ("", ""),
        [
            ("terms of use", card.licence),
            ("SHA-256 of the ONNX file", f"`{card.sha256}`"),
            ("interface", str(card.interface)),
            ("plainfilm", f"from {card.plainfilm_from}{below}"),
            *_interface(card),
        ],
    )
    if isinstance(card, Card) and card.uncovered:
        yield f"Never predicted, for want of films to learn from: {', '.join(card.uncovered)}."


def _interface(card: _AnyKind) -> Iterator[tuple[str, str]]:
    """What the network takes and makes."""
    if isinstance(card, TagCard):
        return _takes_tags(card)
    if isinstance(card, (FindingCard, DetectorCard)):
        return _finds(card)
    return _takes_films(card)


def _finds(card: FindingCard | DetectorCard) -> Iterator[tuple[str, str]]:
    rows, columns = (
        (card.side, card.side) if isinstance(card, FindingCard) else (card.rows, card.columns)
    )
    yield "architecture", card.architecture or "not told"
    yield "takes", f"films of {rows} x {columns} pixels ({card.framing}), grey in [0, 1]"
    yield "reads", ", ".join(card.categories) or "films of any category"
    if isinstance(card, FindingCard):
        where = " and a map of each" if card.has_maps else ""
        yield "makes", f"probabilities of {len(card.labels)} findings{where}"
    else:
        yield "makes", f"at most {card.most_boxes} boxes around {', '.join(card.labels)}"


def _labels(card: FindingCard) -> Iterator[str]:
    yield "## Findings"
    rows = []
    for label in card.labels:
        threshold = card.thresholds.get(label)
        rows.append((label, _number(threshold), _number(card.present_from.get(label, threshold))))
    yield _table(("finding", "possible from (threshold)", "present from"), rows)


def _takes_films(card: Card | FilmCard) -> Iterator[tuple[str, str]]:
    yield "takes", f"films of {card.side} x {card.side} pixels, 8 bits of grey"
    if isinstance(card, FilmCard):
        yield "makes", f"a vector of {card.outputs} numbers"
        return
    yield "classes", f"{len(card.classes)}, of which {len(card.uncovered)} are not covered"


def _takes_tags(card: TagCard) -> Iterator[tuple[str, str]]:
    yield "takes", f"{card.columns:,} numbers made of {len(card.inputs)} tags"
    yield "makes", f"{card.outputs} numbers of them"
    yield "layers between", ", ".join(map(str, card.layers)) or "none"


def _tags(card: TagCard) -> Iterator[str]:
    yield "## Tags"
    rows = [(each.keyword, str(each.columns)) for each in card.inputs]
    yield _table(("tag", "columns"), rows)


def _data(card: _AnyKind) -> Iterator[str]:
    yield "## Trained on"
    yield _table(
        ("data", "films", "patients", "terms", "source"),
        [
            (each.name, f"{each.films:,}", _count(each.patients), each.terms, each.source)
            for each in card.data
        ],
    )
    yield card.split


def _figures(card: _AnyKind) -> Iterator[str]:
    calibration = card.calibration if isinstance(card, Card) else {}
    measured = [*card.figures, *(Figure(name, value) for name, value in calibration.items())]
    if measured:
        yield "## Measured"
        yield _table(
            ("figure", "value", "interval", "films"),
            [
                (
                    each.name.replace("_", " "),
                    _number(each.value),
                    _interval(each),
                    _count(each.films),
                )
                for each in measured
            ],
        )


def _categories(card: Card) -> Iterator[str]:
    if card.categories:
        yield "## By category"
        yield _table(
            ("category", "films", "sensitivity", "interval", "precision"),
            [
                (
                    each.category,
                    f"{each.films:,}",
                    _number(each.sensitivity),
                    _interval(each),
                    _number(each.precision),
                )
                for each in card.categories
            ],
        )


def _policy(card: Card) -> Iterator[str]:
    if not card.thresholds:
        return
    groups: dict[Threshold, list[str]] = {}
    for name, threshold in card.thresholds.items():
        if name not in card.uncovered:
            groups.setdefault(threshold, []).append(name)
    yield "## Decisions"
    yield _table(
        ("goes straight above", "goes to a person below", "categories"),
        [
            (_number(threshold.straight), _number(threshold.person), ", ".join(names))
            for threshold, names in groups.items()
        ],
    )


def _failures(card: _AnyKind) -> Iterator[str]:
    if isinstance(card, (FindingCard, DetectorCard)) and card.limits:
        yield "## Limits"
        yield "\n".join(f"- {limit}" for limit in card.limits)
    if card.known_failures:
        yield "## Known failures"
        yield "\n".join(f"- {failure}" for failure in card.known_failures)


def _interval(figure: Figure | CategoryFigures) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{figure.low:.3f} to {figure.high:.3f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; empty where there are no rows."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '¦') for cell in row)} |" for row in lines)
