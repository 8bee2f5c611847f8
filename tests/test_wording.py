"""What no patient may read is told with its place, and what only looks like it is left alone."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from care.faults import ContentFaults, Fault
from care.fitting import FILES, fitting
from care.library import load
from care.passages import Passage, passages
from care.readability import breaths, figure, prose, sentences, too_hard
from care.samples import Samples
from care.template import asks
from care.texts import FEWEST_WORDS, text_faults
from care.wording import Wording, forbidden, load_wording, unexplained
from tests.test_check import CONTENT, Content

PAGES = ("service.md", "enrolment.md", "safety.md", "checkin.md")
ENGLISH = [
    ("You have an infection.", "You have an infection"),
    ("It is not infected.", "It is not infected"),
    ("Your skin looks infected to me.", "skin looks infected"),
    ("That is an allergy.", "That is an allergy"),
    ("I can diagnose this.", "diagnose"),
    ("It will be fine by Monday.", "will be fine"),
    ("This is completely safe.", "completely safe"),
    ("There is no risk in it.", "no risk"),
    ("We guarantee a good result.", "guarantee"),
    ("The mark will go away.", "will go away"),
    ("This looks normal for day 2.", "normal"),
    ("Your skin heals normally.", "normally"),
    ("That is nothing to worry about.", "nothing to worry about"),
    ("Please don't worry.", "don't worry"),
    ("It's just a mark.", "just"),
    ("It is not serious.", "not serious"),
    ("You should have used sunscreen.", "You should have"),
    ("That was your own fault.", "your own fault"),
    ("Stop taking your tablets.", "Stop taking"),
    ("Skip your medicine tonight.", "Skip your medicine"),
    ("Our revolutionary method helps.", "revolutionary"),
    ("The session is painless.", "painless"),
    ("Use a natural cream.", "natural"),
    ("It gets rid of ugly marks.", "ugly"),
    ("Problem skin needs care.", "Problem skin"),
    ("There may be some erythema.", "erythema"),
    ("Look for a purulent spot.", "purulent"),
    ("Call us NOW please.", "shouts “NOW”"),
    ("Well done!", "holds “!”"),
    ("Get well soon 🌷", "holds “🌷”"),
    ("Rest today. Drink water. Sleep well. Write to me.", "4 sentences on one line"),
    ("Please go and look at your skin in a good light and then write to me what you see and what you feel there now.",
     "a sentence of 25 words"),
    ("Notwithstanding considerable uncertainty, individuals characteristically experience manifestations.\n" * 4,
     "hard to read"),
]  # fmt: skip
SPANISH = [
    ("Usted tiene una infección.", "Usted tiene una infección"),
    ("La zona no está infectada.", "está infectada"),
    ("Esto es una alergia.", "Esto es una alergia"),
    ("Le doy un diagnóstico.", "diagnóstico"),
    ("Todo va a salir bien.", "va a salir bien"),
    ("Es totalmente seguro.", "totalmente seguro"),
    ("Le garantizamos el resultado.", "garantizamos"),
    ("Eso es normal hoy.", "normal"),
    ("Normalmente pasa pronto.", "Normalmente"),
    ("No se preocupe.", "No se preocupe"),
    ("No pasa nada.", "No pasa nada"),
    ("Debió haber usado sombrero.", "Debió haber"),
    ("Fue su culpa.", "su culpa"),
    ("Deje de tomar la aspirina.", "Deje de tomar"),
    ("Suspenda su tratamiento.", "Suspenda"),
    ("Es un método revolucionario.", "revolucionario"),
    ("Use una crema natural.", "natural"),
    ("Quita las marcas feas.", "feas"),
    ("Cuida tu piel.", "tu"),
    ("Puede haber eritema.", "eritema"),
    ("Llame YA a la clínica.", "shouts “YA”"),
    ("¡Muy bien hecho.", "holds “¡”"),
    ("Que se mejore 🌷", "holds “🌷”"),
    ("Descanse. Beba agua. Duerma bien. Escríbame luego.", "4 sentences on one line"),
    ("Fotosensibilización, despigmentación, hiperqueratinización: manifestaciones característicamente postoperatorias, "
     "irremediablemente desproporcionadas.\n" * 4, "hard to read"),
]  # fmt: skip
ALLOWED = [
    ("en", "I cannot see or diagnose your skin."),
    ("en", "I cannot tell from here if your skin is infected."),
    ("en", "Never stop taking a prescribed medicine."),
    ("en", "Do not stop your blood thinner."),
    ("en", "Come just before five."),
    ("en", "Tell us about raised scars (keloids)."),
    ("en", "It may be a serious allergic reaction (anaphylaxis)."),
    ("en", "Say: “I'm worried about sepsis” (a severe reaction to an infection)."),
    ("en", "Ask the NHS which SPF is OK."),
    ("en", "✓ You have read this."),
    ("es", "No puedo ver su piel ni dar un diagnóstico."),
    ("es", "Desde aquí no puedo saber si su piel está infectada."),
    ("es", "Nunca deje de tomar lo recetado."),
    ("es", "¿Hay un herpes labial (fuego, calentura, pupa)?"),
    ("es", "Calmada es sin rojez, sin pellejitos y sin dolor."),
]
RULES = {lang: load_wording(CONTENT, lang) for lang in ("en", "es")}


def plain_ids(content: Content, lang: str) -> Iterator[tuple[str, str]]:
    """(file, id) of texts for patients without anything in curly brackets: other words can stand there."""
    for name in PAGES:
        file = f"general/{lang}/{name}"
        for part in content.text(file).split("\n## ")[1:]:
            id, _, text = part.partition("\n")
            if "{" not in text and not id.startswith(
                ("title.", "button.", "sign.", "language.", "command.", "consent.")
            ):
                yield file, id


class Seeded:
    """A content in which one bad sentence stands under each of many headings."""

    def __init__(self, root: Path) -> None:
        self.content = Content(root)
        self.places: dict[str, tuple[str, str]] = {}
        for lang, seeds in (("en", ENGLISH), ("es", SPANISH)):
            ids = plain_ids(self.content, lang)
            for text, _ in seeds:
                file, id = self.places[text] = next(ids)
                self.content.put(file, id, f"{'Thank you' if lang == 'en' else 'Gracias'}.\n{text}")
        library = load(self.content.root)
        self.faults = {*text_faults(library, "en"), *text_faults(library, "es")}

    def told(self, text: str) -> list[Fault]:
        """What is told of the heading of a seed, or of the lines below it."""
        file, id = self.places[text]
        return [fault for fault in self.faults if fault.file == file and fault.what.startswith(f"`{id}` ")]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    return Seeded(tmp_path_factory.mktemp("seeded") / "content")


@pytest.mark.parametrize(("text", "words"), [*ENGLISH, *SPANISH], ids=lambda text: text[:40])
def test_what_no_patient_may_read_is_told_with_its_place(seeded: Seeded, text: str, words: str) -> None:
    file, id = seeded.places[text]
    heading = seeded.content.line(file, f"## {id}")
    [fault] = [fault for fault in seeded.told(text) if words in fault.what]
    # What is wrong with words stands on their line; what is wrong with the whole text on its heading.
    assert fault.line == (heading if re.search("a sentence of|sentences on|hard to", fault.what) else heading + 2)


@pytest.mark.parametrize("text", [text for text, _ in chain(ENGLISH[:27], SPANISH[:20])], ids=lambda text: text[:40])
def test_it_is_told_why_and_what_to_write_instead(seeded: Seeded, text: str) -> None:
    assert all(re.search("Instead: |write “", fault.what) for fault in seeded.told(text))


def heard(lang: str, text: str) -> list[str]:
    """What is told of one text."""
    passage = Passage(lang, "", "some.words", text, "words.md", 1, 2, ())
    found = (*forbidden(RULES[lang], passage, passage.words()), *unexplained(RULES[lang], passage, passage.words()))
    return [fault.what for fault in found]


@pytest.mark.parametrize(("lang", "text"), ALLOWED, ids=lambda value: value[:40])
def test_what_only_looks_like_it_is_left_alone(lang: str, text: str) -> None:
    assert heard(lang, text) == []


def test_what_stands_in_curly_brackets_is_not_read() -> None:
    assert heard("en", "{% if normal %}Hello{% endif %} {{ NORMAL }}") == []


def test_a_doctors_word_may_stand_again_once_it_is_explained() -> None:
    assert heard("en", "Hives are called urticaria (hives). Urticaria itches.") == []
    assert heard("en", "Urticaria itches.") != []


def test_capitals_that_shout_on_one_line_are_told_once() -> None:
    assert len(heard("en", "CALL US NOW\nor LATER")) == 2


def test_staff_may_read_what_patients_may_not(tmp_path: Path) -> None:
    content = Content(tmp_path / "content")
    content.put("general/en/staff.md", "staff.nobody", "NOBODY is normal! Erythema.")
    assert not {fault for fault in text_faults(load(content.root), "en") if fault.file.endswith("staff.md")}


def test_the_label_of_a_topic_is_looked_at_too(tmp_path: Path) -> None:
    content = Content(tmp_path / "content")
    content.change("microneedling/en/faq.md", r"^label: Makeup.*", "label: Amazing makeup")
    told = [fault for fault in text_faults(load(content.root), "en") if "Amazing" in fault.what]
    assert [(fault.file, fault.line) for fault in told] == [
        ("microneedling/en/faq.md", content.line("microneedling/en/faq.md", "## makeup"))
    ]


def test_short_texts_are_judged_together_with_their_file(tmp_path: Path) -> None:
    content = Content(tmp_path / "content")
    hard = "Incomprehensible terminological considerations notwithstanding."
    text = content.text("general/en/enrolment.md")
    content.write("general/en/enrolment.md", re.sub(r"(?m)^(?!about|This is|author)[A-Z][^{}*#:]+\.$", hard, text))
    told = [f for f in text_faults(load(content.root), "en") if f.file == "general/en/enrolment.md" and not f.line]
    assert [fault for fault in told if "short texts are hard to read" in fault.what]


# The file itself


@pytest.mark.parametrize(
    ("pattern", "new", "where", "told"),
    [
        (r"^measure: .*", "measure: guessing", "measure:", "`measure` must be one of flesch_kincaid"),
        (r"^hardest: .*", "hardest: rather", "hardest:", "`hardest` must be a number"),
        (r"^hardest: .*", "", "", "`hardest` is missing"),
        (r"^words_in_a_sentence: .*", "words_in_sentence: 20", "words_in_sentence:", "means nothing here"),
        (r"^rules:$", "ruels:", "ruels:", "means nothing here"),
        (r"^    why: .*", "    because: x", "because:", "`because` means nothing here"),
        (r"^    why: .*", "", "diagnosis:", "`why` is missing"),
        (r"^      - normal$", "      - (normal|usual", "- (normal|usual", "“(normal|usual”"),
        (r"^      - just$", "      - ...", "- ...", "at least one word"),
        (r"^  acute: .*", "  (acute: sudden", "(acute:", "“(acute”"),
        (r"^terms:$", "terms: [", "", "this can't be read"),
    ],
)
def test_a_fault_in_the_rules_is_told_with_its_line(
    tmp_path: Path, pattern: str, new: str, where: str, told: str
) -> None:
    file = "general/en/wording.yaml"
    content = Content(tmp_path / "content")
    content.change(file, pattern, new)
    with pytest.raises(ContentFaults) as caught:
        load_wording(content.root, "en")
    line = content.line(file, where) if where else 0
    assert [f for f in caught.value.faults if f.file == file and told in f.what and (not where or f.line == line)], (
        caught.value
    )


def test_a_language_without_rules_is_told(tmp_path: Path) -> None:
    content = Content(tmp_path / "content")
    (content.root / "general/es/wording.yaml").unlink()
    [told] = [fault for fault in text_faults(load(content.root), "es") if "wording" in fault.file]
    assert (told.file, told.line) == ("general/es/wording.yaml", 0)


# Reading


@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_text_is_as_easy_to_read_as_its_language_asks(lang: str) -> None:
    library, rules = load(CONTENT), RULES[lang]
    samples = Samples(library)
    read = [p for p in passages(library, lang) if p.for_patients and p.id not in FILES]
    texts = {text for passage in read for text in fitting(samples, passage)[1]}
    figures = [figure(text, rules.measure, lang) for text in texts if len(text.split()) >= FEWEST_WORDS]
    assert len(figures) > 250
    assert not [level for level in figures if too_hard(level, rules.measure, rules.hardest)]
    assert statistics.median(figures) < 4 if lang == "en" else statistics.median(figures) > 85


def test_the_rules_ask_for_what_was_agreed() -> None:
    def limits(rules: Wording) -> tuple[object, ...]:
        return rules.measure, rules.hardest, rules.words_in_a_sentence, rules.sentences_in_a_line

    assert limits(RULES["en"]) == ("flesch_kincaid", 6, 20, 3)
    assert limits(RULES["es"]) == ("fernandez_huerta", 70, 25, 3)


def test_a_harder_text_has_a_harder_figure() -> None:
    easy, hard = "Wash your face. Use plain cream.", "Immediate cleansing facilitates regenerative processes."
    assert figure(easy, "flesch_kincaid", "en") < 3
    assert figure(hard, "flesch_kincaid", "en") > 12
    assert figure("Lave la cara con agua.", "fernandez_huerta", "es") > 80
    assert figure("Inmediatamente facilita regeneraciones.", "fernandez_huerta", "es") < 0
    assert figure("Wasche dein Gesicht mit Wasser.", "flesch", "de") > 70


def test_a_name_that_no_text_can_choose_counts_as_one_easy_word() -> None:
    text = "Please call the Dermatological Rejuvenation Institute today."
    name = "Dermatological Rejuvenation Institute"
    assert figure(text, "flesch_kincaid", "en", [name]) < 3 < figure(text, "flesch_kincaid", "en")


def test_every_line_and_every_bullet_is_read_as_a_sentence_of_its_own() -> None:
    assert prose("Call us for:\n• pus\n• a fever\n\nThank you") == "Call us for: pus. a fever. Thank you."
    assert sentences("One. Two? • three\nFour") == ["One.", "Two?", "• three", "Four"]
    assert breaths("Until then: rest; sleep.") == ["Until then:", "rest;", "sleep."]


# What a template asks for


def test_what_a_template_asks_for_is_seen_without_filling_it_in() -> None:
    seen = asks(
        "{% if open is defined and day >= 4 %}{{ say('ask.' ~ sign) }}{% endif %}\n{{ phone }} {{ say('a.b') }}"
    )
    assert dict(seen.names) == {"open": 1, "day": 1, "sign": 1, "phone": 2}
    assert seen.maybe == {"open"}
    assert dict(seen.says) == {"ask.{sign}": 1, "a.b": 2}
    assert seen.turns == {4}


def test_a_template_that_reckons_with_the_day_can_change_on_every_day() -> None:
    assert asks("{{ day }} of 30").turns == frozenset()
    assert asks("{{ 30 - day }} to go").turns is None
