"""A clinic's leaflet becomes numbered facts and drafts; nothing of it reaches a patient by itself."""

from __future__ import annotations

import io
import re
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from docx import Document
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import sync_playwright

from aftercare import main
from care.answers import WAYS
from care.check import check
from care.faults import ContentFaults
from care.grounds import grounds
from care.library import Library, load
from care.pages import page
from care.sources import load_sources
from commands.documents import BadLeaflet, Piece, read_leaflet
from commands.facts import facts_of
from commands.figures import figures
from commands.importing import Imported, Wish, import_leaflet, source_page
from commands.parts import BadContent
from settings import Settings
from tests.test_demo_page import ARGUMENTS, CHROMIUM

CONTENT = Path(__file__).parent.parent / "content"
LEAFLETS = Path(__file__).parent / "leaflets"
COMMON = frozenset({"do", "wash", "no", "use", "apply", "avoid", "wear", "you", "call"})


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The HTML leaflets as a browser prints them."""
    folder = tmp_path_factory.mktemp("printed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        sheet = browser.new_page()
        for file in LEAFLETS.glob("*.html"):
            sheet.set_content(file.read_text(encoding="utf-8"))
            sheet.pdf(path=folder / f"{file.stem}.pdf", prefer_css_page_size=True)
        browser.close()
    return folder


class Typed(FPDF):
    """A leaflet as somebody types it, with a header and a footer on each page."""

    def header(self) -> None:
        self.set_font("helvetica", "I", 8)
        self.cell(0, 8, "Moor Skin Rooms  -  aftercare leaflet", align="C", new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("helvetica", size=8)
        self.cell(0, 8, f"www.moorskin.example      {self.page_no()}", align="C")

    def lines(self, *texts: str, size: int = 11, style: str = "") -> None:
        self.set_font("helvetica", style, size)
        for text in texts:
            self.cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")
        self.ln(4)


def typed(file: Path, password: str = "") -> Path:
    pdf = Typed()
    pdf.add_page()
    pdf.lines("Your skin after needling", size=18, style="B")
    pdf.lines("The first evening", style="B")
    pdf.lines("- Keep your face out of the shower, and use only luke-", "warm water on it.", "- No makeup", "- No gym")
    pdf.lines(
        "Wait for a week before you use anything with acids or retinol, or any alcohol-",
        "free toner with a scent. Sun can cause pigmen-",
        "tation on healing skin. A toner that is free of alcohol is no better.",
    )
    pdf.add_page()
    pdf.lines("Later on", style="B")
    pdf.lines("Drink water. Sleep well on clean linen.")
    if password:
        pdf.set_encryption(owner_password="o" + password, user_password=password)
    pdf.output(str(file))
    return file


def worded(file: Path) -> Path:
    """A Word file in Spanish."""
    document = Document()
    document.sections[0].header.paragraphs[0].text = "Centro Lumbre"
    document.sections[0].footer.paragraphs[0].text = "Página 1 de 1"
    document.add_heading("Recomendaciones tras la sesión", 0)
    document.add_paragraph("Centro Lumbre, Avda. de la Paz 7, 41013 Sevilla. Tel.: 954 555 010")
    document.add_heading("Durante los primeros 2 días", 1)
    for text in ("No se maquille.", "No tome el sol. Puede dejar manchas.", "Duerma boca arriba"):
        document.add_paragraph(text, style="List Bullet")
    document.add_paragraph().add_run("Ejercicio").bold = True
    document.add_paragraph("Puede caminar. Espere 3 días para el gimnasio, p. ej. pesas o bicicleta.")
    table = document.add_table(rows=1, cols=2)
    for cell, text in zip(table.rows[0].cells, ("Producto", "Cuándo"), strict=True):
        cell.paragraphs[0].add_run(text).bold = True
    for texts in (("Retinol", "a partir del día 10"), ("Vitamina C", "a partir del día 5")):
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            cell.text = text
    document.save(str(file))
    return file


def told(path: Path, common: frozenset[str] = frozenset()) -> list[str]:
    return facts_of(read_leaflet(path), common).told


def left_out(path: Path) -> str:
    return "\n".join(facts_of(read_leaflet(path)).left_out)


# What stands in a leaflet


def test_a_printed_leaflet_becomes_one_fact_a_statement_behind_its_heading(printed: Path) -> None:
    assert told(printed / "after_en.pdf", COMMON) == [
        "Your skin will look red and feel warm, much like a moderate sunburn. "
        "This usually settles within 24 to 48 hours.",
        "First 24 hours: do not wear makeup.",
        "First 24 hours: do not touch your face with unwashed hands. It can bring in bacteria.",
        "First 24 hours: wash only with lukewarm water.",
        "First 24 hours: no exercise, sauna or swimming.",
        "Days 2 to 3: use a gentle cleanser twice a day.",
        "Days 2 to 3: apply a hyaluronic acid serum and a bland moisturiser.",
        "Days 2 to 3: Mineral makeup may be worn from day 2.",
        "Sun: avoid direct sun exposure for at least four weeks, e.g. by wearing a hat.",
        "Sun: wear SPF 50 every day and put it on again every 2 hours.",
        "When can I restart? Product: Retinol; Wait: 5 days",
        "When can I restart? Product: Vitamin C; Wait: 3 days",
        "When can I restart? Product: Glycolic or salicylic acid, and any exfoliating product; Wait: 10 days",
        "Call us: call us on 01234 567 890 if you see pus, spreading redness or blisters, "
        "or if your pain gets worse after day 2.",
        "Healing: do not pick or peel flaking skin; scarring may follow.",
        "Healing: you can take paracetamol as the packet says.",
        "Healing: avoid ibuprofen for 48 hours.",
    ]


def test_the_same_leaflet_states_the_same_as_a_page_and_in_print(printed: Path) -> None:
    assert told(LEAFLETS / "after_en.html") == told(printed / "after_en.pdf")


def test_addresses_greetings_headers_footers_and_page_numbers_are_no_facts(printed: Path, tmp_path: Path) -> None:
    for file in (printed / "after_en.pdf", typed(tmp_path / "typed.pdf"), worded(tmp_path / "hoja.docx")):
        text = "\n".join(told(file))
        for word in ("Page", "Página", "Lane", "Avda", "www", "Thank you", "©", "Registered", "Moor Skin", "Centro"):
            assert word not in text, (file.name, word)


def test_what_is_left_out_is_told(printed: Path) -> None:
    assert "12 Mill Lane" in left_out(printed / "after_en.pdf")
    assert "Calle Mayor 12" in left_out(printed / "cuidados_es.pdf")


def test_columns_are_read_one_after_the_other(printed: Path) -> None:
    facts = told(printed / "cuidados_es.pdf")
    assert facts[0] == "Las primeras 24 horas: No use maquillaje ni cremas con perfume."
    assert facts[3:5] == [
        "Las primeras 24 horas: No se toque la cara.",
        "Las primeras 24 horas: Duerma con una funda de almohada limpia.",
    ]
    assert facts[8:11] == [
        "Del día 2 al día 7: No vaya a la piscina ni a la sauna durante 5 días.",
        "Retinol y ácidos: Espere 10 días antes de volver a usar retinol, ácidos o exfoliantes.",
        "Retinol y ácidos: Si su médico le recetó tretinoína, pregúntenos primero.",
    ]
    assert len(facts) == 13


def test_divided_words_are_mended_and_lines_put_together(tmp_path: Path) -> None:
    assert told(typed(tmp_path / "typed.pdf")) == [
        "The first evening: Keep your face out of the shower, and use only lukewarm water on it.",
        "The first evening: No makeup",
        "The first evening: No gym",
        "The first evening: Wait for a week before you use anything with acids or retinol, "
        "or any alcohol-free toner with a scent.",
        "The first evening: Sun can cause pigmentation on healing skin.",
        "The first evening: A toner that is free of alcohol is no better.",
        "Later on: Drink water.",
        "Later on: Sleep well on clean linen.",
    ]


def test_a_word_file_gives_its_lists_its_bold_headings_and_its_tables_row_by_row(tmp_path: Path) -> None:
    assert told(worded(tmp_path / "hoja.docx")) == [
        "Durante los primeros 2 días: No se maquille.",
        "Durante los primeros 2 días: No tome el sol.",
        "Durante los primeros 2 días: Puede dejar manchas.",
        "Durante los primeros 2 días: Duerma boca arriba",
        "Durante los primeros 2 días, Ejercicio: Puede caminar.",
        "Durante los primeros 2 días, Ejercicio: Espere 3 días para el gimnasio, p. ej. pesas o bicicleta.",
        "Durante los primeros 2 días, Ejercicio: Producto: Retinol; Cuándo: a partir del día 10",
        "Durante los primeros 2 días, Ejercicio: Producto: Vitamina C; Cuándo: a partir del día 5",
    ]


def test_a_web_page_gives_its_article_and_none_of_what_stands_around_it() -> None:
    assert told(LEAFLETS / "page_en.html") == [
        "Please read this today.",
        "The first day: Avoid: makeup",
        "The first day: Avoid: alcohol",
        "The first day: Avoid: hot showers – keep the water lukewarm",
        "Until day 5, Sleep: Sleep on your back.",
        "Until day 5, Sleep: Use a clean pillow-case every night.",
        "Until day 5, Sunscreen: SPF 30, from the next morning on.",
        "Until day 5, Sunscreen: Swimming pool: after 3 days; only if calm",
    ]


def test_markdown_is_read_with_its_tables_and_short_forms_end_no_sentence() -> None:
    assert told(LEAFLETS / "note_en.md") == [
        "Tonight: Don't wash your face until tomorrow.",
        "Tonight: Take paracetamol if you are sore.",
        "Tonight: Do not take more than the packet says.",
        "Days 1-4: Use the balm 3 times a day (1).",
        "Days 1-4: What: Gym; When: from day 4",
        "Days 1-4: What: Fake tan; When: after 2 weeks",
        "Days 1-4, Dr. Lane advises: See Dr. Lane if your skin weeps, approx. 1 in 500 people get an infection.",
    ]


DOS = [
    *("Do: drink water", "Do: use SPF 50", "Don't: wear makeup for 24 hours", "Don't: go to the gym"),
    *("DO NOT: pick your skin", "DO NOT: swim", "DO NOT: Please avoid: alcohol"),
]


@pytest.mark.parametrize("name", ["dos_en", "dos_ruled_en"])
def test_what_is_allowed_and_what_is_not_are_told_apart_side_by_side(name: str, printed: Path) -> None:
    assert told(LEAFLETS / f"{name}.html") == DOS
    assert told(printed / f"{name}.pdf") == DOS


def test_what_is_allowed_and_what_is_not_are_told_apart_in_a_word_file(tmp_path: Path) -> None:
    document = Document()
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table.rows[0].cells, ("Do", "Don't"), strict=True):
        cell.paragraphs[0].add_run(text).bold = True
    lists = (("drink water", "use SPF 50"), ("wear makeup for 24 hours", "go to the gym"))
    for cell, texts in zip(table.rows[1].cells, lists, strict=True):
        for paragraph, text in zip((cell.paragraphs[0], cell.add_paragraph()), texts, strict=True):
            paragraph.text, paragraph.style = text, document.styles["List Bullet"]
    document.save(str(tmp_path / "dos.docx"))
    assert told(tmp_path / "dos.docx") == DOS[:4]


def test_a_table_without_lines_and_texts_side_by_side_are_told_apart(printed: Path) -> None:
    lead = "When you may start again after your session with us, counted from the day of the treatment:"
    assert told(printed / "side_en.pdf") == [
        f"{lead} Retinol: 7 days",
        f"{lead} Vitamin C serum: from day 5",
        f"{lead} Gym: after 48 hours",
        "Do: Drink plenty of water and rest.",
        "Do: Wear a hat outdoors when the sun is strong.",
        "Do not: Wear makeup on the first day.",
        "Do not: Swim in a pool or sit in a sauna with friends.",
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=4), st.text(max_size=40))
def test_whatever_a_leaflet_holds_its_file_of_facts_can_be_read(texts: list[str], title: str) -> None:
    found = facts_of([Piece("heading", title or "x", 1), *(Piece("text", text) for text in texts)])
    page = source_page(("en", "es"), Wish(Path(f"{title or 'x'}.pdf")), found)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "general" / "sources" / "ours.md"
        file.parent.mkdir(parents=True)
        file.write_text(page, "utf-8")
        source = load_sources(Path(folder))["ours"]
    assert [fact.text for fact in source.facts.values()] == found.told


def test_what_is_said_twice_is_one_fact() -> None:
    pieces = [Piece("text", text) for text in ("Do not pick your skin.", "Drink water.", "Do not pick your skin.")]
    assert facts_of(pieces).told == ["Do not pick your skin.", "Drink water."]


def test_a_heading_that_says_when_reaches_down_to_the_headings_below_it() -> None:
    pieces = [
        *(Piece("heading", "Leaflet", 1), Piece("heading", "Days 2-3", 2), Piece("heading", "Face", 3)),
        *(Piece("text", "Wash gently."), Piece("heading", "Anything else", 2), Piece("text", "Ask us first.")),
    ]
    assert facts_of(pieces).told == ["Days 2-3, Face: Wash gently.", "Anything else: Ask us first."]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Call 020 7946 0123 at once if your face swells.", True),
        ("Tel. 020 7946 0123", False),
        ("hello@clinic.example · www.clinic.example", False),
        ("Follow us @glowclinic", False),
        ("14 High Street, York YO1 7LZ", False),
        ("Calle de Alcalá 45, 28014 Madrid", False),
        ("Version 3, March 2026", False),
        ("Use SPF 50 on your face.", True),
        ("Wait 10 days, then ask us.", True),
    ],
)
def test_contact_lines_are_left_out_and_advice_that_holds_a_number_is_kept(text: str, kept: bool) -> None:
    found = facts_of([Piece("text", text)])
    assert (found.told == [text]) is kept
    assert (found.left_out == [text]) is not kept


# Numbers and days


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("24 hours", "Day 0"),
        ("for 2 days", "Days 0-1"),
        ("from day 7", "a week"),
        ("not before day 14", "at least two weeks"),
        ("until day 4", "Days 0-3"),
        ("hasta el día 4", "from day 4"),
        ("durante 48 horas", "48 hours"),
        ("dos semanas", "14 days"),
        ("FPS 50", "SPF 50+"),
        ("cada 2 horas", "every two hours"),
        ("dos veces al día", "twice a day"),
        ("10 minutos", "10 minutes"),
        ("4 %", "4 per cent"),
    ],
)
def test_figures_that_mean_the_same_are_the_same(one: str, other: str) -> None:
    first, second = ({(f.kind, f.value) for f in figures(text)} for text in (one, other))
    assert first == second != set()


@pytest.mark.parametrize(
    "text", ["call 01234 567 890", "in 2026", "every day", "once more", "page 2", "version 3", "one of us"]
)
def test_other_numbers_are_no_figures(text: str) -> None:
    assert figures(text) == ()


def test_a_figure_keeps_the_words_in_which_it_was_said() -> None:
    assert [f.said for f in figures("Avoid the sun for at least 4 weeks, from day 2 on.")] == [
        "from day 2",
        "for at least 4 weeks",
    ]


# What is made of it


@pytest.fixture(scope="module")
def made(printed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Library, Imported]:
    root = Path(shutil.copytree(CONTENT, tmp_path_factory.mktemp("made") / "content"))
    done = import_leaflet(load(root), Wish(printed / "after_en.pdf", id="our_leaflet"))
    return load(root), done


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTENT, tmp_path / "content"))


def test_the_facts_are_a_document_of_the_clinic_that_nobody_has_checked(made: tuple[Library, Imported]) -> None:
    library, done = made
    source = load_sources(library.root, ["microneedling"])["our_leaflet"]
    assert (source.kind, source.checked, source.home) == ("clinic", False, "microneedling")
    assert source.titles == dict.fromkeys(library.languages, "After your microneedling")
    assert {id: fact.text for id, fact in source.facts.items()} == done.facts
    front = page(done.source, library.root).front
    assert front["version"] == 1
    assert not any(front[name] for name in ("author", "reviewer", "signed"))


def test_the_check_lists_it_and_finds_no_fault(made: tuple[Library, Imported]) -> None:
    found = check(made[0].root)
    assert [fault for fault in found.faults if "leaflet" in str(fault) or "draft" in str(fault)] == []
    assert any("our_leaflet.md: 17 facts from a leaflet that nobody has checked" in note for note in found.notes)


def test_no_answer_may_rest_on_it_before_somebody_has_checked_it(
    made: tuple[Library, Imported], tmp_path: Path
) -> None:
    root = Path(shutil.copytree(made[0].root, tmp_path / "content"))
    for lang in made[0].languages:
        faq = root / "microneedling" / lang / "faq.md"
        text = faq.read_text(encoding="utf-8")
        changed = re.sub(r"(## makeup\n(?:.*\n)*?rests on: )", r"\1our_leaflet.2, ", text, count=1)
        faq.write_text(changed, "utf-8")

    def faults() -> list[str]:
        return [str(fault) for fault in grounds(load(root)) if "our_leaflet" in str(fault)]

    assert any("`makeup` rests on our_leaflet.2" in fault and "checked: yes" in fault for fault in faults())
    source = root / "microneedling/sources/our_leaflet.md"
    source.write_text(source.read_text("utf-8").replace("\nchecked: no\n", "\nchecked: yes\n"), "utf-8")
    assert faults() == []


def test_checked_is_yes_or_no(made: tuple[Library, Imported], tmp_path: Path) -> None:
    root = Path(shutil.copytree(made[0].root, tmp_path / "content"))
    source = root / "microneedling/sources/our_leaflet.md"
    source.write_text(source.read_text("utf-8").replace("\nchecked: no\n", "\nchecked: nearly\n"), "utf-8")
    line = 1 + source.read_text("utf-8").split("\n").index("checked: nearly")
    with pytest.raises(ContentFaults) as found:
        load_sources(root, ["microneedling"])
    assert [(fault.line, "write `checked: yes`" in fault.what) for fault in found.value.faults] == [(line, True)]


def test_the_answers_that_it_touches_are_drafted_and_no_weak_ones(made: tuple[Library, Imported]) -> None:
    touched = made[1].touched
    assert touched["makeup"] == ("our_leaflet.2", "our_leaflet.8")
    assert {"retinoids", "vitamin_c", "sun_exposure", "cleansing", "water_heat", "exercise"} <= set(touched)
    assert set(touched).isdisjoint({"session_length", "results_when", "talk_to_person", "hair_growth", "alcohol"})


def test_a_draft_has_todays_questions_the_new_facts_and_an_empty_place_for_each_answer(
    made: tuple[Library, Imported],
) -> None:
    library, done = made
    assert done.draft is not None
    text = done.draft.read_text(encoding="utf-8")
    topic = re.search(r"^## makeup\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert topic
    answer = library.books["en"].answers["makeup"]
    assert f"label: {answer.label}\nrests on: our_leaflet.2, our_leaflet.8\n" in topic[0]
    assert [line[2:] for line in topic[0].split("\n") if line.startswith("- ")] == list(answer.phrasings)
    assert len(answer.phrasings) == WAYS
    for stretch in answer.stretches:
        assert f"<!--\ntoday:\n{stretch.text}\n-->" in topic[0]
    bare = re.sub(r"<!--.*?-->", "", topic[0], flags=re.DOTALL)
    assert not [line for line in bare.split("\n") if line.strip() and not re.match(r"#|- |label|rests on|words", line)]


def test_what_differs_from_todays_answer_is_told_with_both_sides(made: tuple[Library, Imported]) -> None:
    _, done = made
    conflicts = {(c.topic, c.fact): c for c in done.conflicts}
    makeup = conflicts["makeup", "our_leaflet.2"]
    assert makeup.leaflet == "First 24 hours"
    assert makeup.today.startswith("from day 2")
    assert conflicts["retinoids", "our_leaflet.11"].leaflet == "5 days"
    assert "from day 7" in conflicts["retinoids", "our_leaflet.11"].today
    assert ("makeup", "our_leaflet.8") not in conflicts  # "from day 2" is what today's answer says, too
    assert done.draft is not None
    assert f"\n{makeup}\n" in done.draft.read_text(encoding="utf-8")


def test_drafts_are_never_read(made: tuple[Library, Imported]) -> None:
    library = made[0]
    assert [text for lang in library.written for text in library.texts(lang) if "drafts" in text.file] == []
    assert set(library.procedures) == set(load(CONTENT).procedures)
    (library.root / "drafts" / "broken.en.md").write_text("## {% no\n", "utf-8")
    assert load(library.root).ids("en") == library.ids("en")


def test_a_spanish_leaflet_is_known_by_its_words(content: Path, tmp_path: Path, printed: Path) -> None:
    library = load(content)
    done = import_leaflet(library, Wish(printed / "cuidados_es.pdf"))
    assert done.lang == "es"
    assert done.source.name == "cuidados_es.md"
    assert {"makeup", "retinoids", "water_heat", "sleeping", "infection_signs"} <= set(done.touched)
    assert done.draft == content / "drafts/cuidados_es.es.md"
    other = import_leaflet(library, Wish(worded(tmp_path / "Hoja de cuidados (año 2026).docx"), title="Nuestra hoja"))
    assert (other.lang, other.source.name) == ("es", "hoja_de_cuidados_ano_2026.md")
    assert load(content).sources["hoja_de_cuidados_ano_2026"].title("es") == "Nuestra hoja"
    assert {"makeup", "retinoids", "vitamin_c"} <= set(other.touched)


def test_nothing_that_is_there_is_written_over_unless_it_is_asked_for(content: Path) -> None:
    wish = Wish(LEAFLETS / "after_en.html", id="ours")
    done = import_leaflet(load(content), wish)
    done.source.write_text(done.source.read_text("utf-8").replace("makeup", "make-up"), "utf-8")
    before = done.source.read_bytes()
    with pytest.raises(BadContent, match="--replace"):
        import_leaflet(load(content), wish)
    assert done.source.read_bytes() == before
    import_leaflet(load(content), Wish(LEAFLETS / "after_en.html", id="ours", replace=True))
    assert done.source.read_bytes() != before


def test_a_document_on_which_answers_rest_is_never_replaced(content: Path) -> None:
    before = (content / "microneedling/sources/s003.md").read_bytes()
    with pytest.raises(BadContent, match=r"rests on microneedling/sources/s003\.md"):
        import_leaflet(load(content), Wish(LEAFLETS / "after_en.html", id="s003", replace=True))
    assert (content / "microneedling/sources/s003.md").read_bytes() == before


# What is refused


def cut(folder: Path) -> Path:
    whole = typed(folder / "whole.pdf").read_bytes()
    (folder / "cut.pdf").write_bytes(whole[: len(whole) // 3])
    return folder / "cut.pdf"


def scanned(folder: Path) -> Path:
    pdf = FPDF()
    pdf.add_page()
    pdf.image(Image.new("RGB", (400, 300), "grey"), x=10, y=10, w=150)
    pdf.output(str(folder / "scan.pdf"))
    return folder / "scan.pdf"


def many(folder: Path) -> Path:
    pdf = FPDF()
    pdf.set_font("helvetica", size=10)
    for _ in range(61):
        pdf.add_page()
        pdf.cell(0, 6, "Do not pick your skin.")
    pdf.output(str(folder / "book.pdf"))
    return folder / "book.pdf"


def written(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def zipped(folder: Path, size: int) -> Path:
    with zipfile.ZipFile(folder / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", b" " * size)
    return folder / "bomb.docx"


def huge(folder: Path) -> Path:
    with (folder / "huge.pdf").open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(26 * 2**20)
    return folder / "huge.pdf"


def half(folder: Path) -> Path:
    whole = worded(folder / "whole.docx").read_bytes()
    return written(folder, "half.docx", whole[: len(whole) // 2])


def picture(folder: Path) -> Path:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 9)).save(buffer, "PNG")
    return written(folder, "photo.pdf", buffer.getvalue())


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a PDF cut off": (cut, "damaged"),
    "a PDF with a password": (lambda d: typed(d / "locked.pdf", "secret"), "password"),
    "a scan": (scanned, "no text, only pictures"),
    "a book": (many, "61 pages"),
    "an empty file": (lambda d: written(d, "empty.md", b" \n"), "is empty"),
    "headings alone": (lambda d: written(d, "heads.md", b"# One\n\n## Two\n"), "no text that can be read"),
    "addresses alone": (lambda d: written(d, "card.md", b"# Us\n\nTel. 01234 567 890\n"), "no statement"),
    "a huge file": (huge, "26 MB"),
    "half a Word file": (half, "damaged"),
    "a Word file that bursts": (lambda d: zipped(d, 101 * 2**20), "far too large inside"),
    "a zip that is no Word file": (lambda d: zipped(d, 10), "no Word file"),
    "an old Word file": (lambda d: written(d, "old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1" + b"0" * 99), "save it as .docx"),
    "a PDF called .docx": (lambda d: typed(d / "a.pdf").rename(d / "a.docx"), "is a PDF inside"),
    "a Word file called .pdf": (lambda d: worded(d / "b.docx").rename(d / "b.pdf"), "is a Word file inside"),
    "a PDF called .md": (lambda d: typed(d / "c.pdf").rename(d / "c.md"), "wrong ending"),
    "a picture called .pdf": (picture, "no PDF"),
    "another kind": (lambda d: written(d, "leaflet.odt", b"hello"), "save the leaflet as one of these"),
    "no file": (lambda d: d / "nothing.pdf", "no readable file"),
    "a folder": (lambda d: (d / "folder.md").mkdir() or d / "folder.md", "no readable file"),
    "boxes in boxes": (
        lambda d: written(d, "deep.html", b"<div>" * 20_000 + b"Do not pick." + b"</div>" * 20_000),
        "nested too deeply",
    ),
    "other letters": (lambda d: written(d, "page.html", "<p>Mañana no.</p>".encode("latin-1")), "UTF-8"),
    "a language that is not offered": (
        lambda d: written(d, "de.md", b"Benutzen Sie heute kein Make-up und gehen Sie nicht in die Sonne.\n"),
        "--lang",
    ),
    "a name that is none": (lambda d: written(d, "2026.md", b"Do not pick your skin today.\n"), "--id"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_leaflet_of_which_nothing_can_be_made_is_refused_in_one_sentence(
    case: str, tmp_path: Path, clean: tuple[Library, frozenset[Path]]
) -> None:
    library, before = clean
    make, word = REFUSED[case]
    with pytest.raises(BadLeaflet) as refused:
        import_leaflet(library, Wish(make(tmp_path)))
    assert word in str(refused.value)
    assert "\n" not in str(refused.value)
    assert frozenset(library.root.rglob("*")) == before


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Library, frozenset[Path]]:
    root = Path(shutil.copytree(CONTENT, tmp_path_factory.mktemp("clean") / "content"))
    return load(root), frozenset(root.rglob("*"))


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        (Wish(LEAFLETS / "after_en.html", procedure="tattoo"), "not offered"),
        (Wish(LEAFLETS / "after_en.html", lang="fr"), "not offered"),
        (Wish(LEAFLETS / "after_en.html", id="../../evil"), "no name for a document"),
        (Wish(LEAFLETS / "after_en.html", id="Our Leaflet"), "no name for a document"),
        (Wish(LEAFLETS / "after_en.html", id="safety_sheet", replace=True), "has that name already"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(clean: tuple[Library, frozenset[Path]], wish: Wish, word: str) -> None:
    with pytest.raises(BadLeaflet, match=word):
        import_leaflet(clean[0], wish)
    assert frozenset(clean[0].root.rglob("*")) == clean[1]


def test_when_one_file_cannot_be_written_none_is(content: Path) -> None:
    shutil.rmtree(content / "drafts", ignore_errors=True)
    (content / "drafts").write_text("in the way", "utf-8")
    before = frozenset(content.rglob("*"))
    with pytest.raises(BadContent, match="can't be written"):
        import_leaflet(load(content), Wish(LEAFLETS / "after_en.html"))
    assert frozenset(content.rglob("*")) == before


# On the terminal


def test_the_command_sums_up_what_it_found_and_says_what_comes_next(
    content: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(content.parent)
    monkeypatch.setenv("CONTENT_DIR", str(content))
    leaflet = str(LEAFLETS / "after_en.html")
    monkeypatch.setattr(sys, "argv", ["aftercare", "content", "import", leaflet, "--id", "ours"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    told = capsys.readouterr().out
    assert f"Facts found (en): 17, in {content / 'microneedling/sources/ours.md'}" in told
    assert re.search(r"^  makeup: today: from day 2.*; your leaflet: First 24 hours \(ours\.2\)$", told, re.MULTILINE)
    assert "Facts that touch no answer: " in told
    assert "Next: read each fact against the leaflet" in told
    monkeypatch.setattr(sys, "argv", ["aftercare", "content", "import", "nothing.pdf"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "there is no readable file nothing.pdf\n"
