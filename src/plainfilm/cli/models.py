"""`models`: the store of models, and their cards."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markdown import Markdown

from plainfilm.cli.console import AsJson, errors_to, print_json, results_to, show, stages
from plainfilm.cli.training_options import training_packages

if TYPE_CHECKING:
    from plainfilm.models import Card, DetectorCard, FilmCard, FindingCard, Stored, TagCard

__all__ = ["add_to"]

_app = typer.Typer(
    help="The models that `classify`, `cluster`, `findings` and others run, and their cards.\n\n"
    "Example: `plainfilm models show starter`",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_PUBLISHED = "xrv:"

ModelName = Annotated[str, typer.Argument(metavar="NAME", help="A model of the store.")]


def add_to(app: typer.Typer) -> None:
    _app.command("list")(list_all)
    _app.command("show")(show_card)
    _app.command("add")(add)
    _app.command("remove")(remove)
    app.add_typer(_app, name="models")


def list_all(as_json: AsJson = False) -> None:
    """List the models of the store: those that ship with plainfilm, and the user's own.

    The user's are in the folder `PLAINFILM_MODELS`, by default the platform's folder for data.

    Example: `plainfilm models list`
    """
    from plainfilm.errors import ModelError
    from plainfilm.models import list_models, user_folder

    models = []
    for model in list_models():
        if isinstance(model, ModelError):
            errors_to().print(f"cannot be used: {model}", style="red", markup=False)
            continue
        card = model.card
        models.append(
            {
                "name": card.name,
                "version": card.version,
                "makes": _made(card),
                "bundled": model.bundled,
                "path": str(model.network),
            }
        )
    if as_json:
        print_json({"models": models, "folder": str(user_folder())})
        return
    facts = {
        str(model["name"]): f"{model['version']}, {model['makes']}, {model['path']}"
        for model in models
    }
    show("Models", facts | {"folder of your own": str(user_folder())}, as_json=False)


def _made(card: "Card | TagCard | FilmCard | FindingCard | DetectorCard") -> str:
    from plainfilm.models import Card, DetectorCard, FilmCard, FindingCard

    if isinstance(card, FindingCard):
        return f"{len(card.labels)} findings"
    if isinstance(card, DetectorCard):
        return f"boxes of {len(card.labels)} findings"
    if isinstance(card, Card):
        return f"{len(card.classes) - len(card.uncovered)} classes"
    return f"{card.outputs} numbers of {'pixels' if isinstance(card, FilmCard) else 'tags'}"


def show_card(
    name: Annotated[
        str, typer.Argument(metavar="NAME|PATH", help="A model of the store, or its folder.")
    ],
    as_json: AsJson = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the page in Markdown.")
    ] = False,
) -> None:
    """Show a model's card: data, terms of use, figures, thresholds, known failures.

    Example: `plainfilm models show starter`
    """
    import dataclasses

    from plainfilm.models import card_page, find_any_model

    card = find_any_model(name).card
    if as_json:
        print_json(dataclasses.asdict(card))
    elif as_markdown or not sys.stdout.isatty():
        typer.echo(card_page(card), nl=False)
    else:
        results_to().print(Markdown(card_page(card)))


def add(
    source: Annotated[
        str,
        typer.Argument(
            metavar="PATH|xrv:NAME",
            help="The model's folder, or its ONNX file with the card beside it; or a network of"
            " torchxrayvision, which is fetched from where its authors publish it.",
        ),
    ],
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The weights of `xrv:NAME`, fetched already."),
    ] = None,
    url: Annotated[
        str, typer.Option(help="Where to fetch the weights instead: a mirror of your own.")
    ] = "",
    sha256: Annotated[
        str,
        typer.Option(metavar="HEX", help="What the weights' SHA-256 must be, where you know it."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Copy a model into the store, after making sure that it runs.

    `xrv:densenet121-res224-all` and its like are fetched by you, under the terms that their authors
    give, checked, and turned into a model with a card; this needs `pip install 'plainfilm[train]'`.

    Example: `plainfilm models add trained/`
    """
    from plainfilm.models import add_model

    if source.startswith(_PUBLISHED):
        model = _add_published(source.removeprefix(_PUBLISHED), weights, url, sha256, quiet=as_json)
    elif weights or url or sha256:
        raise typer.BadParameter("--weights, --url and --sha256 are for xrv:NAME")
    else:
        model = add_model(Path(source))
    facts = {"name": model.card.name, "version": model.card.version, "path": str(model.network)}
    show("Model added", facts, as_json=as_json)


def _add_published(
    name: str, weights: Path | None, url: str, sha256: str, *, quiet: bool
) -> "Stored[Any]":
    import tempfile

    from plainfilm.models import add_model

    with training_packages():
        from plainfilm.findings.training import torchxrayvision
    network = torchxrayvision.published_network(name)
    with (
        tempfile.TemporaryDirectory(prefix="plainfilm-xrv-") as folder,
        stages(quiet=quiet) as told,
    ):
        torchxrayvision.write_published(
            network,
            Path(folder),
            weights=weights,
            url=url,
            sha256=sha256,
            progress=lambda done, total: told("fetching weights", done, max(done, total)),
        )
        return add_model(Path(folder))


def remove(name: ModelName, as_json: AsJson = False) -> None:
    """Remove one of your own models from the store.

    Example: `plainfilm models remove hospital-1`
    """
    from plainfilm.models import remove_model

    show("Model removed", {"name": name, "path": str(remove_model(name))}, as_json=as_json)
