"""What concerns a whole study: whether it is what was ordered, and how its films are read.

`check_orders` compares orders, from a table, HL7 messages or the films' own tags, with the films
that were made. `hang` puts a study's films and its priors in reading order. Both rest on the
archive's decisions, and a film without one counts for nothing and against nobody.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.studies._check import OrderCheck, check_orders
    from plainfilm.studies._check_table import write_check
    from plainfilm.studies._group_check import CheckRow
    from plainfilm.studies._hang import Hanging, HungFilm, hang
    from plainfilm.studies._hanging_rules import Edges, HangingRules, load_hanging_rules
    from plainfilm.studies._match import Result
    from plainfilm.studies._order import Fault, Order
    from plainfilm.studies._order_files import Orders, read_orders
    from plainfilm.studies._procedures import Procedures, load_procedures

__all__ = [
    "CheckRow",
    "Edges",
    "Fault",
    "Hanging",
    "HangingRules",
    "HungFilm",
    "Order",
    "OrderCheck",
    "Orders",
    "Procedures",
    "Result",
    "check_orders",
    "hang",
    "load_hanging_rules",
    "load_procedures",
    "read_orders",
    "write_check",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "CheckRow": "_group_check",
        "Edges": "_hanging_rules",
        "Fault": "_order",
        "Hanging": "_hang",
        "HangingRules": "_hanging_rules",
        "HungFilm": "_hang",
        "Order": "_order",
        "OrderCheck": "_check",
        "Orders": "_order_files",
        "Procedures": "_procedures",
        "Result": "_match",
        "check_orders": "_check",
        "hang": "_hang",
        "load_hanging_rules": "_hanging_rules",
        "load_procedures": "_procedures",
        "read_orders": "_order_files",
        "write_check": "_check_table",
    },
)
