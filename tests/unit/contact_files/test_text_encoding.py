"""Encodings told apart surely: a text is read as its author wrote it, or its row is refused; none becomes another."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem
from orchestrator.contact_files.csv_rows import CsvRows
from orchestrator.contact_files.text_encoding import KNOWN

_WESTERN = (
    "Café|10 – 20 Café|Müller|Jürgen Groß|Straße|Köln Süd|Strauß|Größe|Märkisch Oderland|Søren|Bjørn|Østergaard|Kjær"
    "|Håkon|Malmö|Gävle|Väinämöinen|España|Muñoz|Núñez|María|Martínez|García|Sánchez|José|Julián|Peñón|Hélène"
    "|Michèle|Lefèvre|Noël|Zoë|Citroën|Loïc|François|Benoît|château|fenêtre|même|où|Conceição|São Paulo|João|Simões"
    "|Inês|Antônio|Nicolò|caffè|però|O’Brien|don’t|O’Brien said “Hello” to Zoë|Crème brûlée|Gonçalves|créée|5 € Café"
    "|€ 5|MÜLLER|GARCÍA|MUÑOZ|København|GROßE|© 2026 Café|20°C Café|« Bonjour » André|Frédéric … Café"
)
WESTERN = _WESTERN.split("|")

RIVALS = {
    "mac_roman": "André|Müller|Köln|España|García|Díaz|Luís|O’Brien|don’t|l’école|“Hello”|10 – 20|a—b|Wait…|Straße"
    "|Jesús|Raúl|Núñez|ÁNGEL|MÁLAGA|JOSÉ|Óscar|ñandú|François|Hélène|Zoë|São|SÃO|À la carte|Søren|5 €|país|Benoît"
    "|Åse|10\xa0000",
    "cp850": "André|Müller|España|García|Straße|Groß|Weiß|Fuß|Strauß|Meißner|Jesús|LEÓN|GARCÍA|RAÚL|Óscar|Málaga|Simões"
    "|São|N° 5|5°|à Paris|Úrsula|Conceição|Hélène",
    "cp437": "André|Müller|España|Straße|Groß|Weiß|Jesús|Málaga|à Paris|Åse",
    "cp1250": "Dvořák|Nikolić|Michał|Wałęsa|Čech|Horáček|Kovačević|Novák Šimon|Gdańsk|Święty|Łódź|Żaba|że|Győr|Erdős"
    "|Szűcs|Kovač|Němec|Plzeň|mužů|Băsescu|Ştefan|Řehoř|Jiří|Kučera|Petrů|Maďar|piętro|Dębski|być|Ondřej|Bečka|Žižka"
    "|Přemysl|lodě",
    "cp1251": "Иван|Мария|им|и|в доме|Гірняк|Київ",
    "cp1253": "Γιώργος|Αθήνα",
    "cp1254": "Yılmaz|Şahin|Erdoğan|İstanbul|Işık",
    "cp1255": "שלום|כהן דוד",
    "cp1256": "محمد|علي",
    "cp1257": "Bērziņš|Kalniņš|Kazlauskienė|Žukauskas|Ozoliņš|Šimkus|Petraitienė",
    "cp852": "Dvořák|Łódź|Szűcs|Kovač",
    "cp866": "Иван|Мария Петрова",
    "koi8_r": "Иван|Мария",
    "iso8859_2": "Wałęsa|Kamiński|Świętek|Šimek|Dvořák|Łódź",
    "iso8859_15": "5 €|Šimon|cœur",
    "shift_jis": "田中|山田太郎|カタカナ|さくら|ｶﾀｶﾅ",
    "euc_jp": "田中|さくら",
    "gbk": "王伟|李娜|张三丰",
    "big5": "王偉|陳大文",
    "euc_kr": "김철수|이영희",
}
OF_RIVALS = [(encoding, text) for encoding, texts in RIVALS.items() for text in texts.split("|")]


def read(data: bytes, *, encoding: str | None = None) -> tuple[str, list[str]]:
    """Return the encoding that was told, and the names read, each refused one as its code."""
    rows = CsvRows(io.BytesIO(data), ContactForm(), encoding=encoding)
    cells = [row.code if isinstance(row, ContactProblem) else row.get("name", "") for _, row in rows]
    return rows.encoding.name, cells


def file_of(*names: str) -> str:
    return "phone,name\r\n" + "".join(f'+1202555{n:04d},"{name}"\r\n' for n, name in enumerate(names))


@pytest.mark.parametrize("text", WESTERN)
def test_western_text_in_windows_1252_is_read_right(text: str) -> None:
    assert read(file_of(text, "Bob").encode("cp1252")) == ("windows-1252", [text, "Bob"])


def test_a_long_file_of_western_text_is_read_right() -> None:
    assert read(file_of(*WESTERN).encode("cp1252")) == ("windows-1252", WESTERN)


@pytest.mark.parametrize(("encoding", "text"), OF_RIVALS)
def test_text_in_another_encoding_is_refused_by_row_and_never_read_as_something_else(encoding: str, text: str) -> None:
    told, cells = read(file_of("Ann", text, "Bob").encode(encoding))

    assert cells[0::2] == ["Ann", "Bob"]
    assert cells[1] in ("not_utf8", text), told


@pytest.mark.parametrize("encoding", RIVALS)
def test_a_long_file_in_another_encoding_keeps_only_its_plain_rows(encoding: str) -> None:
    told, cells = read(file_of("Ann", *RIVALS[encoding].split("|")).encode(encoding))

    assert (told, cells[0], set(cells[1:])) == ("unknown", "Ann", {"not_utf8"})


@pytest.mark.parametrize(
    "text",
    [
        *WESTERN,
        "Dvořák",
        "Ştefan Ionuţ",
        "Ștefan Ioniță",
        "Nguyễn",
        "Jose\u0301",
        "Иван",
        "l՚école",
        "田中",
        "שלום",
        "👋🏽",
        "Å\u030a",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_right_with_and_without_a_byte_order_mark(encoding: str, text: str) -> None:
    told, cells = read(file_of(text).encode(encoding))

    assert cells == [text]
    assert told.startswith(encoding.removesuffix("-sig"))


def test_utf_16_big_endian_with_its_mark_is_read_right() -> None:
    assert read(b"\xfe\xff" + file_of("Zoë").encode("utf-16-be")) == ("utf-16-be", ["Zoë"])


def test_the_first_letter_beyond_ascii_may_come_in_any_row() -> None:
    names = [*["Ann"] * 9_000, "Café", *["Bob"] * 9_000]

    assert read(file_of(*names).encode("cp1252")) == ("windows-1252", names)


def test_a_utf8_file_that_is_cut_within_a_character_loses_its_last_row_alone() -> None:
    data = b"phone,name\n+12025550101,Zo\xc3\xab\n+12025550102,Ren\xc3"

    assert read(data) == ("utf-8", ["Zoë", "not_utf8"])


def test_a_utf16_file_that_is_cut_within_a_character_loses_its_last_row_alone() -> None:
    data = "phone,name\n+12025550101,Zoë\n+12025550102,René".encode("utf-16")[:-1]

    assert read(data)[1] == ["Zoë", "not_utf8"]


def test_half_a_surrogate_is_told_with_its_row() -> None:
    data = "phone,name\n1,a\n".encode("utf-16-le") + b"2\0,\0\x3d\xd8\n\0" + "3,b\n".encode("utf-16-le")

    assert read(data)[1] == ["a", "not_utf8", "b"]


def test_two_files_of_two_encodings_in_one_are_not_guessed_at() -> None:
    data = b"phone,name\n1,Ren\xe9\n2,Ren\xc3\xa9\n3,Ann\n"

    assert read(data) == ("utf-8", ["not_utf8", "René", "Ann"])


def test_few_letters_of_utf8_among_many_of_another_encoding_make_the_file_unknown() -> None:
    data = b"phone,name\n1,Ren\xe9\n2,Ren\xc3\xa9\n3,Ann\n4,Ren\xe9\n"

    assert read(data) == ("unknown", ["not_utf8", "not_utf8", "Ann", "not_utf8"])


def test_the_refusal_of_a_row_names_its_line_its_byte_and_what_to_do() -> None:
    data = file_of("Ann", "Dvořák").encode("cp1250")

    (_, problem) = list(CsvRows(io.BytesIO(data), ContactForm()))[1]

    assert isinstance(problem, ContactProblem)
    assert f"line 3: byte {data.index(0xF8)} (0xf8)" in problem.detail
    assert "CSV UTF-8" in problem.detail and "encoding=" in problem.detail


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1250", "Dvořák"),
        ("windows-1251", "Иван"),
        ("macintosh", "García"),
        ("cp850", "Straße"),
        ("shift_jis", "表計算ソ"),
        ("gb18030", "王伟"),
        ("euc-kr", "김철수"),
        ("windows-1252", "JOSÉ ÁLVAREZ"),
        ("iso-8859-1", "Émile"),
    ],
)
def test_an_encoding_that_the_client_names_is_believed(encoding: str, text: str) -> None:
    assert read(file_of(text, "Ann").encode(encoding), encoding=encoding) == (encoding, [text, "Ann"])


def test_what_the_named_encoding_cannot_read_is_told_with_its_row() -> None:
    assert read(b"phone,name\n1,a\x81b\n2,b\n", encoding="windows-1252")[1] == ["not_utf8", "b"]


def test_a_byte_order_mark_is_believed_before_a_name() -> None:
    assert read(file_of("Zoë").encode("utf-8-sig"), encoding="windows-1252") == ("utf-8", ["Zoë"])


@pytest.mark.parametrize("name", KNOWN)
def test_every_encoding_that_may_be_named_is_known(name: str) -> None:
    assert read(file_of("Ann").encode(name), encoding=name)[1] == ["Ann"]


@given(st.binary(max_size=80), st.sampled_from([None, *KNOWN]))
def test_no_bytes_break_the_reading(data: bytes, encoding: str | None) -> None:
    read(
        b"phone,name\n1," + data + b"\n",
        encoding=encoding if encoding not in ("utf-16", "utf-16-le", "utf-16-be") else None,
    )


@given(st.text(max_size=30).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_any_unicode_text_comes_back(text: str) -> None:
    cell = text.replace('"', "").replace("\0", "")
    assert read(f'phone,name\n1,"{cell}"\n'.encode())[1] == [cell]
