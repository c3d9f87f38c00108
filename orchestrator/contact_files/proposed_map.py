"""Proposes what the columns of a file fill where their names alone do not say it; a person confirms it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.contact_files.column_map import ColumnMap, key_of, read_map
from orchestrator.contact_files.contact_rows import ContactForm, folded
from orchestrator.contact_files.csv_rows import CsvRows, top_names
from orchestrator.contact_files.phone_columns import letters_of
from orchestrator.errors import InvalidInput
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone

_ROWS_TRIED = 100
_FEWEST_VALID = 0.5  # of the cells that are not empty
_MOST_TRIED = 30  # columns
_FEWEST_DIGITS = 9  # of a number without a country code; a date has 8
# Names for the same thing, as `letters_of` writes them.
_SAME = (
    "firstname vorname givenname forename fname prenom nombre primernombre nome prenome imie fornavn etunimi",
    "lastname surname familyname lname nachname familienname apellido apellidos nom cognome sobrenome nazwisko",
    "name fullname contactname nombrecompleto nomecompleto nomcomplet vollername",
    "email emailaddress mail correo correoelectronico courriel",
    "company companyname organization organisation firma unternehmen empresa entreprise societe azienda",
    "city town ort stadt ciudad ville citta cidade",
    "zip zipcode postcode postalcode plz postleitzahl codigopostal codepostal cap cep",
    "street address strasse adresse direccion calle rue indirizzo endereco",
    "amount betrag summe importe monto montant importo valor",
    "language sprache idioma langue lingua",
)


def proposed_phone(file: WholeFile, form: ContactForm, *, mapping: str | None, encoding: str | None) -> str | None:
    """Return `mapping` with the column added that holds the most phone numbers; None where no column holds any.

    Where none of them has a country code, nor `form` a region, it is what could be numbers of some country.
    """
    if "phone" in read_map(mapping, form).values():
        return None
    names = top_names(file, encoding=encoding)
    cells = {name: _cells_of(name, file, form, mapping, encoding) for name in names[:_MOST_TRIED]}
    for is_number in (_is_number, _lacks_country):
        tried = [(_numbers_in(column, form.region, is_number), name) for name, column in cells.items()]
        most, best = max(tried, default=(0, ""), key=lambda each: each[0])
        if most:
            return with_pair(mapping, "phone", best)
    return None


def proposed_inputs(
    names: Sequence[str], columns: Sequence[str], form: ContactForm, *, mapping: str | None
) -> dict[str, str]:
    """Return headers by the inputs of the flow that no column fills and that mean the same."""
    keys, mapped = Counter(map(key_of, names)), read_map(mapping, form)
    free = {letters_of(name): name for name in names if _is_free(name, keys, mapped, form)}
    found: dict[str, str] = {}
    for wanted in (*form.required, *form.optional):
        words = next((words for words in map(str.split, _SAME) if letters_of(folded(wanted)) in words), [])
        same = next((word for word in words if word in free), None)
        if same and wanted not in columns:
            found[wanted] = free.pop(same)
    return found


def _is_free(name: str, keys: Counter[str], mapped: ColumnMap, form: ContactForm) -> bool:
    return keys[key_of(name)] == 1 and key_of(name) not in mapped and not form.knows(name)


def with_pair(mapping: str | None, field: str, header: str) -> str:
    """Return `mapping` with one more pair."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([f"{field}:{header}"])
    return f"{mapping},{text.getvalue()}" if mapping else text.getvalue()


def _cells_of(name: str, file: WholeFile, form: ContactForm, mapping: str | None, encoding: str | None) -> list[str]:
    """Return the first cells of a column that have a text."""
    try:
        rows = CsvRows(file, form, mapping=with_pair(mapping, "phone", name), encoding=encoding)
    except InvalidInput:
        return []
    first = (row for _, row in islice(rows, _ROWS_TRIED) if isinstance(row, dict))
    return [cell for row in first if (cell := row.get("phone", "").strip())]


def _numbers_in(cells: Sequence[str], region: str | None, is_number: Callable[[str, str | None], bool]) -> int:
    """Return how many cells are phone numbers; 0 unless at least half of them are."""
    valid = sum(is_number(cell, region) for cell in cells)
    return valid if valid >= _FEWEST_VALID * len(cells) else 0


def _is_number(cell: str, region: str | None) -> bool:
    return not isinstance(read_phone(cell, region), PhoneProblem)


def _lacks_country(cell: str, region: str | None) -> bool:
    read = read_phone(cell, region)
    is_long = sum(character.isdigit() for character in cell) >= _FEWEST_DIGITS
    return is_long and isinstance(read, PhoneProblem) and read.code == "no_region"
