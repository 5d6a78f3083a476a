"""Orders from tables and messages; all of them invented."""

import tomllib
from importlib import resources
from pathlib import Path

import pytest

from plainfilm.errors import BadSource, BadTable
from plainfilm.studies import Fault, Order, Orders, read_orders
from plainfilm.studies._order_status import is_cancelled

MSH = "MSH|^~\\&|RIS|HOSP|PACS|HOSP|20240305||{}|MSG1|P|2.5"


def message(*segments: str, kind: str = "ORM^O01") -> str:
    return "\r".join([MSH.format(kind), "PID|1||invented", *segments]) + "\r"


def obr(
    *, placer: str = "P1", filler: str = "F1", procedure: str = "K2^XR KNEE 2 VIEWS", **fields: str
) -> str:
    """OBR with its fields by number: `f18="A1"`."""
    values = [""] * 47
    values[:5] = ["OBR", "1", placer, filler, procedure]
    for name, value in fields.items():
        values[int(name[1:])] = value
    return "|".join(values).rstrip("|")


def read(tmp_path: Path, *messages: str, name: str = "orders.hl7") -> Orders:
    path = tmp_path / name
    path.write_bytes("".join(messages).encode())
    return read_orders(path)


def read_one(tmp_path: Path, *segments: str, kind: str = "ORM^O01") -> Order:
    (order,) = read(tmp_path, message(*segments, kind=kind)).orders
    return order


def test_order_message_is_read(tmp_path: Path) -> None:
    order = read_one(
        tmp_path,
        "ORC|NW|P1|F1",
        obr(f18="A1^RIS", f24="DX", f15="^^^Knee^R"),
        "NTE|1||please hurry",
        "ZDS|1.2.3^RIS^Application^DICOM",
    )
    assert order == Order(
        where=f"{tmp_path}/orders.hl7, message 1",
        procedure="XR KNEE 2 VIEWS",
        code="K2",
        laterality="R",
        accession_numbers=("A1", "F1"),
        study_instance_uid="1.2.3",
        modality="DX",
    )


def test_imaging_order_message_is_read(tmp_path: Path) -> None:
    order = read_one(
        tmp_path, "ORC|NW|P1|F1", obr(), "IPC|A1^RIS|RP1|1.2.3|S1|CR", kind="OMI^O23^OMI_O23"
    )
    assert (order.accession_numbers, order.study_instance_uid) == (("A1", "F1"), "1.2.3")
    assert order.modality == "CR"


@pytest.mark.parametrize(
    ("fields", "text", "code"),
    [
        ({"procedure": "K2^XR KNEE^L"}, "XR KNEE", "K2"),
        ({"procedure": "K2^^L^K^Knee^M"}, "Knee", "K2"),
        ({"procedure": "K2", "f44": "73560^X-ray knee"}, "X-ray knee", "K2"),
        ({"procedure": "", "f44": "73560"}, "", "73560"),
    ],
)
def test_procedure_is_taken_from_where_it_stands(
    tmp_path: Path, fields: dict[str, str], text: str, code: str
) -> None:
    order = read_one(tmp_path, obr(**fields))
    assert (order.procedure, order.code, order.fault) == (text, code, None)


@pytest.mark.parametrize(("modifier", "side"), [("RT", "R"), ("LT", "L"), ("50", "B"), ("26", "")])
def test_procedure_code_modifier_may_be_a_side(tmp_path: Path, modifier: str, side: str) -> None:
    assert read_one(tmp_path, obr(f45=modifier)).laterality == side


def test_later_messages_change_and_cancel(tmp_path: Path) -> None:
    first = message("ORC|NW|P1|F1", obr(f18="A1"))
    changed = message("ORC|XO|P1|F1", obr(procedure="H^XR HAND", f18="A1"))
    (order,) = read(tmp_path, first, changed).orders
    assert (order.procedure, order.cancelled) == ("XR HAND", False)
    bare = message("ORC|CA|P1|F1", "OBR|1|P1|F1")
    (order,) = read(tmp_path, first, changed, bare).orders
    assert (order.procedure, order.cancelled, order.fault) == ("XR HAND", True, None)
    assert order.accession_numbers == ("F1",)


@pytest.mark.parametrize("control", ["ORC|CA|P1", "ORC|DC|P1", "ORC|OC|P1", "ORC|SC|P1|||CA"])
def test_cancelled_orders_are_known(tmp_path: Path, control: str) -> None:
    assert read_one(tmp_path, control, obr()).cancelled


def test_each_order_of_a_message_is_an_order(tmp_path: Path) -> None:
    orders = read(
        tmp_path,
        message(
            "ORC|NW|P1", obr(f18="A1"), "ORC|NW|P2", obr(placer="P2", filler="F2", f18="A2"),
            "ZDS|1.2.3",
        ),
    ).orders  # fmt: skip
    assert [order.accession_number for order in orders] == ["A1", "A2"]
    assert {order.study_instance_uid for order in orders} == {"1.2.3"}


def test_two_orders_may_share_an_accession_number(tmp_path: Path) -> None:
    orders = read(
        tmp_path,
        message(obr(f18="A1")),
        message(obr(placer="P2", filler="F2", procedure="H^XR HAND", f18="A1")),
    ).orders
    assert [order.procedure for order in orders] == ["XR KNEE 2 VIEWS", "XR HAND"]


def test_broken_messages_are_kept_as_faults(tmp_path: Path) -> None:
    latin = message(obr(procedure="F^Fuß")).replace("|2.5\r", "|2.5||||||UNICODE UTF-8\r")
    (tmp_path / "a.hl7").write_bytes(latin.encode("latin-1"))
    (tmp_path / "b.hl7").write_text("nothing of the kind")
    (tmp_path / "c.msg").write_bytes(b"MSH|^\r" + message(obr()).encode())
    (tmp_path / "d.hl7").write_bytes(message("PV1|1").encode())
    (tmp_path / "e.hl7").write_bytes(b"")
    (tmp_path / "readme.txt").write_text("not a message")
    orders = read_orders(tmp_path).orders
    found = [(Path(order.where.split(",")[0]).name, order.fault) for order in orders]
    assert found == [
        ("a.hl7", Fault.BAD_MESSAGE),
        ("b.hl7", Fault.BAD_MESSAGE),
        ("c.msg", Fault.BAD_MESSAGE),
        ("c.msg", None),
        ("d.hl7", Fault.BAD_MESSAGE),
        ("e.hl7", Fault.BAD_MESSAGE),
    ]


def test_messages_about_something_else_are_counted(tmp_path: Path) -> None:
    orders = read(tmp_path, message(obr()), message("OBR|1", kind="ORU^R01"))
    assert (len(orders.orders), orders.other_messages) == (1, 1)


@pytest.mark.parametrize(
    ("segments", "fault"),
    [
        ([obr(placer="P1", filler="")], Fault.NO_LINK),
        ([obr(procedure="")], Fault.NO_PROCEDURE),
        ([obr(f15="^^^^X")], Fault.BAD_LATERALITY),
    ],
)
def test_orders_that_lack_something_say_what(
    tmp_path: Path, segments: list[str], fault: Fault
) -> None:
    assert read_one(tmp_path, *segments).fault is fault


def read_csv(tmp_path: Path, text: str | bytes) -> Orders:
    path = tmp_path / "orders.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_orders(path)


def test_table_is_read_in_any_order_and_case(tmp_path: Path) -> None:
    orders = read_csv(
        tmp_path,
        "\ufeffProcedure,Room,ACCESSION_NUMBER,laterality,views,status\n"
        "XR KNEE,4, A1 ,left,2,\n"
        "\n"
        "XR HAND,4,A2,,,Cancelled\n",
    ).orders
    assert orders[0] == Order(f"{tmp_path}/orders.csv, line 2", "XR KNEE", "", "L", "2", ("A1",))
    assert (orders[1].where[-6:], orders[1].cancelled) == ("line 4", True)


def test_table_in_latin_1_is_read(tmp_path: Path) -> None:
    text = "accession_number,procedure\nA1,Fuß links\n"
    (order,) = read_csv(tmp_path, text.encode("latin-1")).orders
    assert order.procedure == "Fuß links"


def test_the_last_of_equal_rows_counts(tmp_path: Path) -> None:
    text = "accession_number,procedure,status\nA1,XR KNEE,\nA1,xr knee,ca\nA1,XR HAND,\n"
    orders = read_csv(tmp_path, text)
    assert [(o.procedure, o.cancelled) for o in orders.orders] == [
        ("xr knee", True),
        ("XR HAND", False),
    ]
    assert orders.repeated == 1


@pytest.mark.parametrize(
    ("status", "cancelled", "fault"),
    [
        ("", False, None),
        ("Completed", False, None),
        ("Terminé", False, None),
        ("in_progress", False, None),
        ("CANCELLED", True, None),
        ("annulé", True, None),
        ("ANNULÉE", True, None),
        ("annule\u0301e", True, None),
        ("Cancelada", True, None),
        ("anulado", True, None),
        ("suspendida", True, None),
        ("abgesagt", True, None),
        ("Storniert", True, None),
        ("gestrichen", True, None),
        ("Gelöscht", True, None),
        ("nicht storniert", False, Fault.BAD_STATUS),
        ("peruutettu", False, Fault.BAD_STATUS),
    ],
)
def test_a_status_is_known_or_told(
    tmp_path: Path, status: str, cancelled: bool, fault: Fault | None
) -> None:
    text = f"accession_number,procedure,status\nA1,XR KNEE,{status}\n"
    (order,) = read_csv(tmp_path, text).orders
    assert (order.cancelled, order.fault) == (cancelled, fault)


def test_words_for_a_status_mean_one_thing_and_are_found() -> None:
    text = resources.files("plainfilm.studies").joinpath("order_status.toml").read_text("utf-8")
    table = tomllib.loads(text)
    cancelled, stands = (
        [word for words in table[meaning].values() for word in words]
        for meaning in ("cancelled", "stands")
    )
    assert set(map(is_cancelled, cancelled)) == {True}
    assert set(map(is_cancelled, stands)) == {False}


def test_rows_that_lack_something_say_what(tmp_path: Path) -> None:
    text = "accession_number,procedure,laterality\n,XR KNEE,\nA1,,\nA2,XR KNEE,up\nA3,XR KNEE\n"
    faults = [order.fault for order in read_csv(tmp_path, text).orders]
    assert faults == [Fault.NO_LINK, Fault.NO_PROCEDURE, Fault.BAD_LATERALITY, None]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            b"procedure\nXR KNEE\n",
            "needs a column accession_number or study_instance_uid; found pro",
        ),
        (b"accession_number,text\nA1,XR\n", "needs a column procedure or code; found accession_nu"),
        (b"accession_number,code\nA1,K,2\n", "line 2: more values than columns"),
        ("accession_number,code\nA1,K\n".encode("utf-16"), "binary bytes"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, text: bytes, says: str) -> None:
    with pytest.raises(BadTable, match=says):
        read_csv(tmp_path, text)


@pytest.mark.parametrize("text", [b"accession_number,code\n", b"accession_number,code\n\n ,\n"])
def test_table_without_orders_is_told(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(BadSource, match="holds no order"):
        read_csv(tmp_path, text)


def test_empty_table_lacks_its_columns(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="found none"):
        read_csv(tmp_path, b"")


def test_missing_file_and_empty_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="no such file"):
        read_orders(tmp_path / "none")
    with pytest.raises(BadSource, match="holds no order"):
        read_orders(tmp_path)


def test_an_open_quote_loses_no_orders_silently(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text('accession_number,procedure\nA1,"XR HAND\nA2,XR KNEE\n')
    with pytest.raises(BadTable, match=r"line \d: no CSV"):
        read_orders(path)


def test_orders_without_column_names_show_nobody(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("Doe^John,12345678\nDoe^Jane,12345679\n")
    with pytest.raises(BadTable, match="no known name among 2") as refused:
        read_orders(path)
    assert "doe" not in str(refused.value).lower()


@pytest.mark.parametrize("mark", [";", "\t"])
def test_orders_as_excel_writes_them_in_other_languages(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(f"accession_number{mark}procedure\nA1{mark}XR HAND, 2 VIEWS\n")
    (order,) = read_orders(path).orders
    assert (order.accession_numbers, order.procedure) == (("A1",), "XR HAND, 2 VIEWS")
