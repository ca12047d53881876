"""What every command does with a database that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from web.cli import main


@pytest.mark.parametrize("command", [["plan"], ["demo"], ["export-problem", "--out", "problem.json"]])
def test_a_database_without_tables_is_told_in_a_line(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMAINIER_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 1
    assert done.output.startswith("Error: The database refused: no such table")
    assert "semainier db upgrade" in done.output
    assert not (tmp_path / "problem.json").exists()


def test_a_setting_that_cannot_hold_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMAINIER_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("CHANNEL_SMS", "pigeon")
    done = CliRunner().invoke(main, ["worker"])
    assert done.exit_code == 1
    assert done.output == "Error: CHANNEL_SMS is 'pigeon': twilio, sandbox or none expected\n"
