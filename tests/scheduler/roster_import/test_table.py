"""Files of all kinds, friendly and hostile, as tables."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook

from scheduler.errors import InvalidInputError
from scheduler.roster_import import table as limits
from scheduler.roster_import.preview import as_csv
from scheduler.roster_import.table import read_limited, read_table


def workbook(*rows: list[Any], title: str = "Liste", others: tuple[str, ...] = ()) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for other in others:
        book.create_sheet(other).append(["x"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    """The same workbook with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, data)
    return out.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


SHEET = "xl/worksheets/sheet1.xml"


class TestCsv:
    @pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
    @pytest.mark.parametrize(
        ("encoding", "notices"), [("utf-8", 0), ("utf-8-sig", 0), ("utf-16", 0), ("cp1252", 1)]
    )
    def test_every_usual_form_is_read_alike(self, delimiter: str, encoding: str, notices: int) -> None:
        lines = [["Nom", "Prénom", "Remarque"], ["Gül", "Zoé", "né à l'été"], ["Ba", "Noé", ""]]
        content = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
        table = read_table(content)
        assert table.headers == ("Nom", "Prénom", "Remarque")
        assert [row.cells for row in table.rows] == [("Gül", "Zoé", "né à l'été"), ("Ba", "Noé", "")]
        assert len(table.notices) == notices

    def test_quoted_line_breaks_and_delimiters_stay_in_their_cell_and_lines_keep_their_number(self) -> None:
        table = read_table(b'Nom;Note\r\n"Ba; Sow";"une\r\ndeux"\r\nKone;trois\r\n')
        assert [row.cells for row in table.rows] == [("Ba; Sow", "une\ndeux"), ("Kone", "trois")]
        assert [row.number for row in table.rows] == [2, 4]

    def test_commas_inside_cells_do_not_win_over_semicolons(self) -> None:
        table = read_table(b"Nom;Langues\nBa;ar, fr, nl\nSow;ar, fr\nKa;so, en, fr, it\n")
        assert table.headers == ("Nom", "Langues")

    def test_the_line_that_names_the_delimiter_is_obeyed(self) -> None:
        table = read_table(b"sep=,\r\nNom,Note\r\nBa,a;b\r\n")
        assert table.headers == ("Nom", "Note")
        assert table.rows[0].number == 3

    def test_a_title_above_the_headers_is_passed_over_and_said(self) -> None:
        table = read_table(b"Liste du 1/9;;\n\nNom;Prenom;Tel\nBa;Awa;0470123456\n")
        assert table.headers == ("Nom", "Prenom", "Tel")
        assert [row.number for row in table.rows] == [4]
        assert "ligne 3" in str(table.notices[0])

    def test_a_row_with_too_many_cells_is_marked_and_the_others_are_not(self) -> None:
        table = read_table(b"Nom;Prenom\nBa;Awa\nSow;Ali;en;trop\nKa;Moussa\n")
        assert [bool(row.problems) for row in table.rows] == [False, True, False]

    def test_formulas_are_marked_and_escaped_ones_are_read_back(self) -> None:
        table = read_table(b"Nom;Tel\n=1+1;0470\nBa;'+32470123456\n")
        assert "formule" in str(table.rows[0].problems[0])
        assert table.rows[1].cells[1] == "+32470123456"

    def test_a_list_of_refused_rows_holds_no_formula_and_reads_back_the_same(self) -> None:
        cells = ["+32470123456", "@x", '=HYPERLINK("http://x")', "né; l'été\nlà", "simple"]
        content = as_csv(["a", "b", "c", "d", "e"], [cells])
        assert content.startswith(b"\xef\xbb\xbf")
        assert b"\n=" not in content
        assert b";=" not in content
        assert b';"=' not in content
        row = read_table(content).rows[0]
        assert row.cells == tuple(cells)
        assert row.problems

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "vide"),
            (b"  \n \n", "vide"),
            (b"Nom;Prenom\n", "titres"),
            (b"Nom;Prenom\nBa;A\x00wa\n", "binaires"),
            (b"%PDF-1.7\n\x01\x02\x03", "binaires"),
            (bytes(range(128, 256)) * 10, "binaires"),
            (b"\xff\xfeN\x00o\x00\x00", "binaires"),
            (b'Nom;Note\nBa;"jamais fini\nSow;x\n', "guillemet"),
            (b"Nom;Note\nBa;" + b"x" * 200_000, "trop longue"),
            (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, ".xls"),
            (b"PK\x03\x04 pas un zip", "abîmé"),
            (";".join("abc" for _ in range(201)).encode() + b"\n" + b"x;" * 200 + b"x\n", "200 colonnes"),
        ],
    )
    def test_what_cannot_be_read_is_refused_in_words(self, content: bytes, said: str) -> None:
        with pytest.raises(InvalidInputError, match=said):
            read_table(content)

    def test_too_many_rows_are_refused(self) -> None:
        with pytest.raises(InvalidInputError, match="10000 lignes"):
            read_table(b"Nom;Note\n" + b"Ba;x\n" * (limits.MAX_ROWS + 1))
        assert len(read_table(b"Nom;Note\n" + b"Ba;x\n" * limits.MAX_ROWS).rows) == limits.MAX_ROWS

    def test_twice_encoded_accents_are_noticed(self) -> None:
        table = read_table("Nom;Note\nZoÃ©;x\n".encode())
        assert any("abîmés" in str(notice) for notice in table.notices)

    def test_a_huge_upload_is_refused_without_being_read(self) -> None:
        class Endless(io.RawIOBase):
            given = 0

            def readable(self) -> bool:
                return True

            def readinto(self, buffer: Any) -> int:
                self.given += len(buffer)
                return len(buffer)

        stream = Endless()
        with pytest.raises(InvalidInputError, match="10 Mo"):
            read_limited(stream)  # type: ignore[arg-type]
        assert stream.given <= limits.MAX_BYTES + 1


class TestXlsx:
    def test_values_of_all_types_become_text(self) -> None:
        content = workbook(
            ["Nom", "Né le", "Heure", "Tel", "Oui", "Note"],
            ["Gül", date(1990, 12, 31), time(9, 30), 470123456, True, 1.5],
            ["Ba", datetime(1990, 1, 2), None, None, False, "  x \u00a0 y "],  # noqa: DTZ001
        )
        table = read_table(content)
        assert [row.cells for row in table.rows] == [
            ("Gül", "1990-12-31", "09:30", "470123456", "oui", "1.5"),
            ("Ba", "1990-01-02", "", "", "non", "x y"),
        ]
        assert [row.number for row in table.rows] == [2, 3]

    def test_only_the_first_sheet_is_read_and_the_others_are_named(self) -> None:
        table = read_table(workbook(["Nom", "Prénom"], ["Ba", "Awa"], others=("Archives",)))
        assert "Archives" in str(table.notices[0])

    def test_a_formula_without_saved_result_refuses_its_row_only(self) -> None:
        table = read_table(workbook(["Nom", "Total"], ["Ba", "=1+1"], ["Sow", 3]))
        assert "B2" in str(table.rows[0].problems[0])
        assert "formule" in str(table.rows[0].problems[0])
        assert not table.rows[1].problems

    def test_a_formula_with_a_saved_result_gives_the_result_and_is_not_calculated(self) -> None:
        content = workbook(["Nom", "Total"], ["Ba", 5])
        sheet = part_of(content, SHEET).replace(b"<v>5</v>", b'<f>1+1+WEBSERVICE("http://x")</f><v>7</v>')
        assert read_table(with_part(content, SHEET, sheet)).rows[0].cells == ("Ba", "7")

    def test_errors_of_calculation_refuse_their_row(self) -> None:
        table = read_table(workbook(["Nom", "Total"], ["Ba", "#REF!"], ["Sow", "#N/A"], ["Ka", "#1 au tri"]))
        assert [bool(row.problems) for row in table.rows] == [True, True, False]

    def test_macros_and_external_links_are_ignored(self) -> None:
        content = workbook(["Nom", "Prénom"], ["Ba", "Awa"])
        content = with_part(content, "xl/vbaProject.bin", b"\x00macro")
        content = with_part(content, "xl/externalLinks/externalLink1.xml", b"<externalLink/>")
        assert read_table(content).rows[0].cells == ("Ba", "Awa")

    def test_a_zip_bomb_is_refused_before_it_is_unpacked(self) -> None:
        bomb = with_part(workbook(["Nom"], ["Ba"]), SHEET, b"<a>" + b"0" * (60 * 1024 * 1024) + b"</a>")
        assert len(bomb) < 200_000
        with pytest.raises(InvalidInputError, match="décompressé"):
            read_table(bomb)

    def test_a_bomb_that_lies_about_its_size_is_refused_too(self) -> None:
        unpacked = b"<a>" + b"0" * (60 * 1024 * 1024) + b"</a>"
        bomb = bytearray(with_part(workbook(["Nom"], ["Ba"]), SHEET, unpacked))
        true_size = len(unpacked).to_bytes(4, "little")
        while true_size in bomb:
            at = bomb.index(true_size)
            bomb[at : at + 4] = (1000).to_bytes(4, "little")
        with pytest.raises(InvalidInputError, match="abîmé"):
            read_table(bytes(bomb))

    @pytest.mark.parametrize(
        "name", ["xl/styles.xml", "xl/sharedStrings.xml", "xl/media/image1.png", "xl/comments1.xml"]
    )
    def test_a_part_that_swells_beside_the_sheets_is_refused(self, name: str) -> None:
        with pytest.raises(InvalidInputError, match="décompressé"):
            read_table(with_part(workbook(["Nom"], ["Ba"]), name, b"<xf/>" * (11 * 1024 * 1024 // 5)))

    def test_a_sheet_of_a_million_cells_is_refused_before_it_is_parsed(self) -> None:
        content = workbook(["Nom"], ["Ba"])
        sheet = part_of(content, SHEET).replace(
            b"</sheetData>", b"<row>" + b"<c/>" * 1_000_000 + b"</row></sheetData>"
        )
        with pytest.raises(InvalidInputError, match="300000 cellules"):
            read_table(with_part(content, SHEET, sheet))

    def test_entities_are_not_expanded(self) -> None:
        content = workbook(["Nom", "Prénom"], ["Ba", "Awa"])
        sheet = part_of(content, SHEET)
        start = sheet.index(b"<worksheet")
        laughs = b'<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        with pytest.raises(InvalidInputError, match="abîmé"):
            read_table(with_part(content, SHEET, sheet[:start] + laughs + sheet[start:]))

    def test_cells_far_apart_are_refused_without_filling_the_gap(self) -> None:
        far = "".join(f'<row r="{row}"><c r="XFD{row}"><v>1</v></c></row>' for row in range(1, 300))
        sheet = (
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f"<sheetData>{far}</sheetData></worksheet>"
        ).encode()
        with pytest.raises(InvalidInputError, match=r"colonnes|étendue"):
            read_table(with_part(workbook(["Nom"], ["Ba"]), SHEET, sheet))

    def test_a_row_at_the_end_of_the_world_is_not_lost(self) -> None:
        row = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>{1}</t></is></c><c r="B{0}"><v>1</v></c></row>'
        sheet = (
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f'<dimension ref="A1:B2"/><sheetData>{row.format(1, "Nom")}{row.format(2, "Ba")}'
            f"{row.format(50_000, 'Fin')}</sheetData></worksheet>"
        ).encode()
        table = read_table(with_part(workbook(["Nom"], ["Ba"]), SHEET, sheet))
        assert [(row.number, row.cells[0]) for row in table.rows] == [(2, "Ba"), (50_000, "Fin")]

    def test_another_kind_of_archive_is_named(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", "<x/>")
        with pytest.raises(InvalidInputError, match="ods"):
            read_table(out.getvalue())
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("photo.jpg", b"x")
        with pytest.raises(InvalidInputError, match="archive"):
            read_table(out.getvalue())

    def test_a_damaged_workbook_is_refused(self) -> None:
        content = workbook(["Nom"], ["Ba"])
        for broken in (
            content[:-200],
            with_part(content, "xl/workbook.xml", b"<nothing"),
            with_part(content, SHEET, b""),
        ):
            with pytest.raises(InvalidInputError):
                read_table(broken)
