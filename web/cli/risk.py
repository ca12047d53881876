"""``semainier risk-report``: how well absences of any file can be foreseen. No application, no database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from notifications.risk.evaluation import Evaluation, TooFewError, evaluate
from notifications.risk.model import EARLIER, Rule
from notifications.risk.table import TableError, read_table
from notifications.risk.visits import as_columns

RULES = {
    Rule.MODEL: "the model (moment, booking and the person's own past)",
    Rule.COUNTS: "plain counts of each person's visits: the model did no better",
    Rule.BASE_RATE: "one rate for everybody: nothing did clearly better",
}


@click.command("risk-report")
@click.option(
    "--csv",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Past attendances: columns person_id, starts_at, booked_at, attended at least.",
)
@click.option(
    "--earlier",
    type=click.FloatRange(0.1, 0.9),
    default=EARLIER,
    show_default=True,
    help="Share of the visits, the earliest ones, that the rule is made on; it is judged on the rest.",
)
def risk_report_command(path: Path, earlier: float) -> None:
    """Foresee the later absences of a file from the earlier ones, and say how well that went.

    Dates are ISO 8601, with or without a zone; attended is 0/1, true/false, oui/non; other columns are
    ignored. The last line of standard output is one JSON object.
    """
    try:
        table = read_table(path)
        found = evaluate(as_columns(table.visits), earlier)
    except (TableError, TooFewError, OSError) as error:
        raise click.ClickException(f"{path}: {error}") from error
    people = len({visit.person for visit in table.visits})
    click.echo(f"{len(table.visits)} visits of {people} people")
    if table.repeated:
        click.echo(f"{table.repeated} lines that repeat another one were left out")
    if table.untold:
        click.echo(f"{table.untold} lines that do not say whether the person came were left out")
    if table.booked_late:
        click.echo(f"{table.booked_late} visits booked on a later day: their booking counts as unknown")
    click.echo("")
    for label, value in _lines(found):
        click.echo(f"{label:<44}{value:>12}")
    click.echo(f"\nUsed: {RULES[found.rule]}.")
    if found.rule is not Rule.BASE_RATE and not found.beats_base_rate:
        click.echo(
            "Careful: later visits went another way, and one rate for everybody would have been closer."
        )
    click.echo("")
    click.echo(f"{'visits':>8}{'foreseen':>10}{'missed':>10}   95 % interval")
    for each in found.bins:
        click.echo(
            f"{each.count:>8}{each.predicted:>10.1%}{each.observed:>10.1%}"
            f"   {each.low:.1%} to {each.high:.1%}"
        )
    click.echo(json.dumps(_summary(found)))


def _lines(found: Evaluation) -> list[tuple[str, str]]:
    return [
        ("visits the rule was made on", str(found.n_train)),
        ("visits it was judged on", str(found.n_test)),
        ("share missed, earlier", f"{found.base_rate:.1%}"),
        ("share missed, later", f"{found.test_rate:.1%}"),
        ("AUC (0.5 luck, 1 perfect)", _number(found.auc)),
        ("Brier score (lower is better)", f"{found.brier:.5f}"),
        ("Brier score of the earlier rate for everybody", f"{found.brier_base_rate:.5f}"),
        ("calibration slope (1 is right)", _number(found.calibration_slope)),
    ]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _summary(found: Evaluation) -> dict[str, object]:
    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 6)

    return {
        "auc": rounded(found.auc),
        "brier": rounded(found.brier),
        "brier_base_rate": rounded(found.brier_base_rate),
        "calibration_slope": rounded(found.calibration_slope),
        "n_train": found.n_train,
        "n_test": found.n_test,
        "base_rate": rounded(found.base_rate),
        "brier_later_rate": rounded(found.brier_later_rate),
        "model": found.rule.value,
    }
