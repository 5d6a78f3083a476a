"""Rules that say where each film goes: to a model, to a person, to any place with a name.

`load_rules` reads a declarative file and checks all of it; `Rules.destination` applies it to the
facts of one film, `FilmRoutes` to those of an archive, and `route_archive` writes what came of it:
a table, and on request a folder for each destination. Nothing is sent anywhere.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.route.films import FilmRoutes, RoutedFilm
    from plainfilm.route.output import RouteSummary, route_archive
    from plainfilm.route.rules import DEFAULT, FilmFacts, Range, Route, Rule, Rules, TagCondition
    from plainfilm.route.rules_file import default_rules_text, load_rules, parse_rules
    from plainfilm.route.to_models import CHEST_MODEL, SPINE_MODEL, sent_to

__all__ = [
    "CHEST_MODEL",
    "DEFAULT",
    "SPINE_MODEL",
    "FilmFacts",
    "FilmRoutes",
    "Range",
    "Route",
    "RouteSummary",
    "RoutedFilm",
    "Rule",
    "Rules",
    "TagCondition",
    "default_rules_text",
    "load_rules",
    "parse_rules",
    "route_archive",
    "sent_to",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "CHEST_MODEL": "to_models",
        "DEFAULT": "rules",
        "FilmFacts": "rules",
        "FilmRoutes": "films",
        "Range": "rules",
        "Route": "rules",
        "RouteSummary": "output",
        "RoutedFilm": "films",
        "SPINE_MODEL": "to_models",
        "Rule": "rules",
        "Rules": "rules",
        "TagCondition": "rules",
        "default_rules_text": "rules_file",
        "load_rules": "rules_file",
        "parse_rules": "rules_file",
        "route_archive": "output",
        "sent_to": "to_models",
    },
)
