"""The printed leaflet: the chat's words and the day grid on paper, whole, and on pages that cut no day in two."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pdfplumber
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from typer.testing import CliRunner, Result

from aftercare import app
from care.faults import ContentFaults
from care.grid import LAST_DAY, load_grid
from care.leaflet import Leaflet
from care.library import Library, load
from care.signing import LEDGER, Sealed, Signature, ledger_line, signed_text
from commands.leaflet import css_string, leaflet_html, write_leaflets
from commands.parts import BadContent
from tests.reading import CONTENT
from tests.test_demo_page import ARGUMENTS, CHROMIUM
from tests.town import shared_library

PROCEDURE = "microneedling"
LANGUAGES = shared_library().languages
MOST_PAGES = 4
MARK = """
document.querySelectorAll('.day, .box, .table tr').forEach((at, number) => {
  for (const [side, name] of [['top', 'QA'], ['bottom', 'QZ']]) {
    const mark = document.createElement('i');
    mark.textContent = name + number + 'Q';
    mark.style.cssText = `position:absolute;${side}:0;left:0;font-size:1px;color:#000`;
    const inside = at.matches('tr') ? at.querySelector('th') : at;
    inside.style.position = 'relative';
    inside.append(mark);
  }
})
"""
VOID = {"meta", "col", "br", "hr"}


@dataclass
class Element:
    """One element of the page."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        told = "".join(it if isinstance(it, str) else it.text for it in self.inside)
        return " ".join(told.split())

    def all(self, tag: str, kind: str = "") -> list[Element]:
        found = []
        for it in self.inside:
            if isinstance(it, Element):
                if it.tag == tag and kind in [*it.attributes.get("class", "").split(" "), ""]:
                    found.append(it)
                found += it.all(tag, kind)
        return found


class Tree(HTMLParser):
    """A page as elements; a tag that is not closed in order is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def parsed(html: str) -> Element:
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert len(tree.open) == 1
    return tree.open[0]


@cache
def page(lang: str) -> str:
    return leaflet_html(shared_library(), PROCEDURE, lang)


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def said(words: str, lang: str) -> str:
    return shared_library().say(words, lang, {"procedure": PROCEDURE}).html


# What stands on it


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whom_to_call_and_when_stands_before_everything_else(lang: str) -> None:
    clinic, tree = shared_library().clinic, parsed(page(lang))
    assert clinic.phone in tree.all("p", "phone")[0].text
    headings = [it.text for it in tree.all("h1") + tree.all("h2")]
    assert headings[:3] == [plain(said(f"leaflet.{id}", lang)) for id in ("title", "when_to_call", "days")]
    emergency, same_day, tell = tree.all("section", "box")
    assert clinic.emergency_number in emergency.all("h3")[0].text
    assert clinic.crisis_line in emergency.text
    assert clinic.phone in same_day.all("h3")[0].text
    assert clinic.out_of_hours in same_day.text
    assert clinic.phone in tell.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_message_of_the_plan_has_its_place_with_every_one_of_its_points(lang: str) -> None:
    days = parsed(page(lang)).all("section", "day")
    plan = shared_library().procedures[PROCEDURE].plan
    for planned, day in zip(sorted(plan, key=lambda it: it.before_next), days, strict=True):
        message = shared_library().say(planned.id, lang, {"procedure": PROCEDURE, "day": planned.day}).html
        points = [plain(line[1:]) for line in message.split("\n") if line.startswith("•")]
        assert points
        assert [it.text for it in day.all("li")] == points
        assert day.all("h3")[0].text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_type_of_patient_has_its_own_lines_on_its_days(lang: str) -> None:
    library, own = shared_library(), []
    types = library.procedures[PROCEDURE].types
    for planned in library.procedures[PROCEDURE].plan:
        own += [
            f"{planned.id}.for.{type}" for type in types if (PROCEDURE, f"{planned.id}.for.{type}") in library.ids(lang)
        ]
    assert own
    whole, usual = parsed(leaflet_html(library, PROCEDURE, lang, types)).text, parsed(page(lang)).text
    for id in own:
        begins = plain(Leaflet(library, PROCEDURE, lang).words(id).split("\n")[0].removeprefix("•"))[:25]
        assert whole.count(begins) > usual.count(begins), id


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_on_paper_speaks_as_the_chat_does(lang: str) -> None:
    tree = parsed(page(lang))
    assert plain(said("keyboard.worried", lang)) not in tree.text
    days = " ".join(it.text for it in tree.all("section", "day"))
    for word in plain(said("leaflet.only_in_chat", lang)).split(", "):
        assert not re.search(rf"\b{re.escape(word)}\b", days), word


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_left_unfilled_and_nothing_comes_from_elsewhere(lang: str) -> None:
    html = page(lang)
    for sign in ("{{", "}}", "{%", "%}", "None", "Undefined", "&lt;b&gt;", "**"):
        assert sign not in html
    for way in ("http:", "https:", "src=", "href=", "url(", "<script", "<link", "@import"):
        assert way not in html
    assert f'<html lang="{lang}">' in html


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_table_says_for_every_thing_and_day_what_the_grid_says(lang: str) -> None:
    grid = load_grid(shared_library(), PROCEDURE)
    (table,) = parsed(page(lang)).all("table")
    first, *labels = [it for it in table.all("th") if it.attributes["scope"] == "col"]
    assert first.text == plain(said("leaflet.thing", lang))
    begins = [int(re.findall(r"\d+", it.text)[0]) for it in labels]
    rows = table.all("tbody")[0].all("tr")
    for id, row in zip(grid.rows, rows, strict=True):
        (what,) = row.all("th")
        assert (what.attributes["scope"], what.text) == ("row", plain(said(f"grid.{id}", lang)))
        cells = [it.text for it in row.all("td") for _ in range(int(it.attributes.get("colspan", "1")))]
        for day in range(LAST_DAY + 1):
            cell = max(n for n, begin in enumerate(begins) if begin <= day)
            assert cells[cell] == plain(said(f"verdict.{grid.verdict(id, day)}", lang)), (id, day)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_headings_come_in_order_for_whoever_hears_the_page(lang: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", page(lang))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_documents_behind_it_are_named_with_the_version_of_each_file(lang: str) -> None:
    papers = parsed(page(lang)).all("section", "papers")[0].text
    sources = shared_library().sources
    assert sources["care_sheet"].title(lang) in papers
    assert sources["nhs_cellulitis"].title(lang) in papers
    assert re.search(rf"{PROCEDURE}/{lang}/messages\.md \d", papers)
    assert not any(it.title("") in papers for it in sources.values() if it.grade == "C")


def test_the_layout_holds_no_words_of_its_own() -> None:
    layout = (CONTENT / "general" / "leaflet.html").read_text(encoding="utf-8")
    for part in (r"<style>.*?</style>", r"\{#.*?#\}", r"\{%.*?%\}", r"\{\{.*?\}\}", r"<[^>]*>"):
        layout = re.sub(part, "", layout, flags=re.DOTALL)
    assert not re.search(r"[^\W\d_]", layout)


def test_opening_hours_are_told_for_each_weekday_once() -> None:
    hours = Leaflet(shared_library(), PROCEDURE, "en").hours()
    assert hours[0] == ("Monday – Wednesday", "09:00–18:00")
    assert hours[-1] == ("Sunday", "")
    assert [days for days, _ in hours] == ["Monday – Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


# Names that would break it


def test_a_clinics_name_is_only_ever_text() -> None:
    library = load(CONTENT)
    name = '</style><script>alert("1")</script> & Söhne'
    library.clinic = replace(library.clinic, name=name)
    html = leaflet_html(library, PROCEDURE, "en")
    tree = parsed(html)
    assert "<script" not in html
    assert tree.all("p", "clinic")[0].text == name
    assert [it.text for it in tree.all("h3")][3] == "Day 0"


def test_css_reads_back_what_was_written() -> None:
    written = css_string('</style> "é"')
    assert "<" not in written
    assert re.sub(r"\\([0-9a-f]{6})", lambda code: chr(int(code[1], 16)), written[1:-1]) == '</style> "é"'


# Signing, and what is refused


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(CONTENT, tmp_path / "content"))


def run(content: Path, *words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"CONTENT_DIR": str(content)})


def sign(root: Path, files: Sequence[Sealed]) -> None:
    lines = []
    for file in files:
        path = root / file.file
        text = path.read_text(encoding="utf-8")
        path.write_text(signed_text(text, "Dr Ana Ruiz", date(2026, 3, 2), file.seal), encoding="utf-8")
        signature = Signature("2026-03-02", file.file, file.said("version"), "Dr Ana Ruiz", file.seal)
        lines.append(ledger_line(signature, first=not lines))
    (root / LEDGER).write_text("".join(lines), encoding="utf-8")


def test_a_draft_says_so_on_every_page_until_a_clinician_has_signed(copy: Path) -> None:
    draft = plain(said("leaflet.draft", "en"))
    before = leaflet_html(load(copy), PROCEDURE, "en")
    assert before.count(draft) == 2
    assert css_string(draft)[1:-1] in before
    sign(copy, Leaflet(load(copy), PROCEDURE, "en").papers(load_grid(load(copy), PROCEDURE)).files)
    signed = leaflet_html(load(copy), PROCEDURE, "en")
    assert draft not in signed
    assert css_string(draft)[1:-1] not in signed
    assert f"{said('leaflet.signed', 'en')} Dr Ana Ruiz (2026-03-02)" in signed


def test_a_message_that_would_still_speak_as_the_chat_is_told_with_its_line(copy: Path) -> None:
    path = copy / PROCEDURE / "en" / "messages.md"
    text = path.read_text(encoding="utf-8").replace("\n• Start mineral", "\n• Show me your skin. Start mineral", 1)
    path.write_text(text, encoding="utf-8")
    line = text.split("\n").index("## day1") + 1
    with pytest.raises(ContentFaults) as told:
        leaflet_html(load(copy), PROCEDURE, "en")
    (fault,) = told.value.faults
    assert str(fault).startswith(f"{PROCEDURE}/en/messages.md:{line}: on paper `day1` would still speak as the chat")
    assert "general/en/leaflet.md" in fault.what


def test_a_procedure_without_a_day_grid_has_a_leaflet_without_the_table(copy: Path) -> None:
    (copy / PROCEDURE / "grid.yaml").unlink()
    html = leaflet_html(load(copy), PROCEDURE, "es")
    assert "<table" not in html
    assert len(parsed(html).all("section", "day")) == len(shared_library().procedures[PROCEDURE].plan)


def test_a_page_is_written_for_every_procedure_and_language_that_is_offered(copy: Path) -> None:
    ended = run(copy, "content", "leaflet")
    assert ended.exit_code == 0
    assert ended.output.split() == [f"leaflet/{PROCEDURE}-{lang}.html" for lang in LANGUAGES]
    assert Path("leaflet", f"{PROCEDURE}-es.html").read_text(encoding="utf-8") == page("es")
    run(copy, "content", "leaflet", "--procedure", PROCEDURE, "--lang", "en", "--out", "desk")
    assert [path.name for path in Path("desk").iterdir()] == [f"{PROCEDURE}-en.html"]


@pytest.mark.parametrize(
    ("procedures", "languages", "types", "told"),
    [
        (["peel"], [], [], "procedure 'peel' is not offered; use one of: microneedling"),
        ([], ["de"], [], "language 'de' is not offered; use one of: en, es"),
        ([], [], ["blond"], "microneedling knows no type of patient 'blond'"),
    ],
)
def test_what_is_not_offered_is_refused_and_nothing_is_written(
    tmp_path: Path, procedures: list[str], languages: list[str], types: list[str], told: str
) -> None:
    with pytest.raises(BadContent, match=told):
        write_leaflets(shared_library(), tmp_path / "leaflet", procedures, languages, types)
    assert not (tmp_path / "leaflet").exists()


# On paper


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        await opened.close()


async def printed(browser: Browser, html: str, paper: str) -> list[str]:
    """The text of each page, with marks where each day, box and row begins and ends."""
    opened = await browser.new_page()
    await opened.set_content(html)
    await opened.evaluate(MARK)
    raw = await opened.pdf(format=paper)
    await opened.close()
    with pdfplumber.open(BytesIO(raw)) as pdf:
        return ["".join(char["text"] for char in sheet.chars) for sheet in pdf.pages]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("lang", LANGUAGES)
async def test_no_page_break_cuts_a_day_and_the_whole_is_short(browser: Browser, lang: str, paper: str) -> None:
    sheets = await printed(browser, page(lang), paper)
    assert len(sheets) <= MOST_PAGES
    begins = {mark: n for n, sheet in enumerate(sheets) for mark in re.findall(r"QA(\d+)Q", sheet)}
    ends = {mark: n for n, sheet in enumerate(sheets) for mark in re.findall(r"QZ(\d+)Q", sheet)}
    grid = load_grid(shared_library(), PROCEDURE)
    assert len(begins) == 3 + len(shared_library().procedures[PROCEDURE].plan) + 1 + len(grid.rows)
    assert begins == ends
    for number, sheet in enumerate(sheets, start=1):
        assert shared_library().clinic.phone in sheet
        assert f"{number} / {len(sheets)}" in sheet


@pytest.mark.asyncio(loop_scope="module")
async def test_a_break_through_a_day_would_be_seen(browser: Browser) -> None:
    torn = page("en").replace("break-inside: avoid", "break-inside: auto")
    sheets = await printed(browser, torn.replace("</h2>", "</h2><div style='height:70mm'></div>", 2), "A4")
    marks = [set(re.findall(r"Q[AZ](\d+)Q", sheet)) for sheet in sheets]
    assert any(marks[n] & marks[n + 1] for n in range(len(marks) - 1))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("width", [360, 1200])
async def test_nothing_runs_over_the_edge_even_with_the_longest_names(browser: Browser, width: int) -> None:
    library: Library = load(CONTENT)
    long = "Maximilianeantoinettenpraxisgemeinschaft" * 3
    library.clinic = replace(library.clinic, name=long, phone="+44 (0) 20 7946 0123 4567 8901 2345", crisis_line=long)
    opened = await browser.new_page(viewport={"width": width, "height": 900})
    await opened.set_content(leaflet_html(library, PROCEDURE, "es"))
    over = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    assert await opened.evaluate(over) <= 0
    await opened.emulate_media(media="print")
    await opened.set_viewport_size({"width": 700, "height": 900})
    assert await opened.evaluate(over) <= 0
    await opened.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_it_reads_the_same_without_colour(browser: Browser) -> None:
    opened = await browser.new_page()
    await opened.set_content(page("en"))
    shades = await opened.evaluate(
        "[...new Set([...document.querySelectorAll('body *')].flatMap(at => {"
        " const style = getComputedStyle(at); return [style.color, style.backgroundColor, style.borderTopColor] }))]"
    )
    await opened.close()
    for shade in shades:
        red, green, blue, *_ = re.findall(r"[\d.]+", shade)
        assert red == green == blue
