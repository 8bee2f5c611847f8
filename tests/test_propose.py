"""The learning loop: a question that the bot could not answer and staff did becomes a draft; nobody is named in it."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aftercare import main
from care.answers import WAYS
from care.library import Library, load
from care.model import Level, Say
from commands.parts import BadContent
from commands.personal import MARKS, marks, without_personal
from commands.propose import Proposed, Proposing, Wish, propose
from settings import Settings
from store import flagging, flags, messages, people, questions
from store.flagging import Staffroom
from store.saying import to_patient
from store.seam import Row, Writes
from store.sqlite import Sqlite
from tests.town import GROUP, TOKEN, Town, shared_library

CONTENT = Path(__file__).parent.parent / "content"
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ROOM = Staffroom(shared_library().clinic, GROUP)
CAP = "can i wear my silicone swimming cap at the pool"


@dataclass
class Practice:
    """A real database with patients, their questions and what staff answered."""

    store: Sqlite
    library: Library
    minutes: int = 0

    def now(self) -> datetime:
        self.minutes += 1
        return NOW + timedelta(minutes=self.minutes)

    def patient(self, name: str = "Maya", lang: str = "en") -> int:
        chat = 700 + self.minutes

        def work(tx: Writes) -> int:
            people.open_clinic(tx, self.library.clinic, NOW)
            people.register(tx, self.library.clinic.id, 601, "Anna Whitfield", "nurse", True, NOW)
            return int(people.admit(tx, self.library.clinic, chat, name, lang, self.now())["id"])

        return self.store.write_now(work)

    def asks(self, patient: int, text: str, kind: str = "question", level: Level = Level.REVIEW) -> int:
        """A patient asks what is passed on; the flag that it became part of."""

        def work(tx: Writes) -> int:
            row, now = self.row(tx, patient), self.now()
            self.keep(tx, patient, text, now)
            return flagging.raise_flag(
                tx, ROOM, row, None, kind=kind, level=level, words=text, why=(), day=2, now=now
            )

        return self.store.write_now(work)

    def says(self, patient: int, text: str) -> None:
        """A patient says something that is not passed on."""
        self.store.write_now(lambda tx: self.keep(tx, patient, text, self.now()))

    def keep(self, tx: Writes, patient: int, text: str, now: datetime) -> None:
        messages.keep(
            tx,
            patient_id=patient,
            episode_id=None,
            update_id=self.minutes,
            at=now,
            day=2,
            kind="text",
            text=text,
            file_id="",
            level="none",
            reading={"level": "none", "topic": None},
        )

    def row(self, tx: Writes, patient: int) -> Row:
        row = people.by_id(tx, patient)
        assert row is not None
        return row

    def answers(self, flag_id: int, text: str, below: str = "") -> None:
        """Staff answer below the card, or below what was shown of ``below``."""

        def work(tx: Writes) -> None:
            flag = flags.by_id(tx, flag_id)
            assert flag is not None
            shown = tx.rows("SELECT id, facts FROM outgoing WHERE flag_id = ? AND words LIKE 'staff.%'", (flag_id,))
            about = next(row["id"] for row in shown if below in row["facts"])
            facts = {"name": "Anna Whitfield", "role": "nurse", "text": text, "answers": about}
            to_patient(tx, self.row(tx, flag["patient_id"]), Say("flag.answer", facts), self.now(), flag_id=flag_id)

        self.store.write_now(work)

    @property
    def proposing(self) -> Proposing:
        return Proposing(self.library, self.store.read)

    def waiting(self) -> list[tuple[tuple[str, ...], list[str]]]:
        return [(one.questions, one.answers) for _, one in self.proposing.waiting()]

    def propose(self, number: str, topic: str, lang: str = "", replace: bool = False) -> tuple[Proposed, str]:
        done = propose(self.proposing, self.store, Wish(number, topic, lang, replace), NOW)
        return done, done.draft.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return load(Path(shutil.copytree(CONTENT, tmp_path_factory.mktemp("content") / "content")))


@pytest.fixture
def practice(tmp_path: Path, content: Library) -> Practice:
    store = Sqlite(tmp_path / "practice.sqlite3")
    content.root = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    yield Practice(store, content)
    store.close_now()


# Which answer belongs to which question


def test_an_answer_below_the_card_belongs_to_its_question(practice: Practice) -> None:
    flag = practice.asks(practice.patient(), CAP)
    assert practice.waiting() == []
    practice.answers(flag, "Yes, from day 7 on.")
    assert practice.waiting() == [((CAP,), ["Yes, from day 7 on."])]


def test_what_staff_add_belongs_to_the_answer_before(practice: Practice) -> None:
    flag = practice.asks(practice.patient(), CAP)
    practice.answers(flag, "Yes, from day 7 on.")
    practice.answers(flag, "Rinse it first.")
    assert practice.waiting() == [((CAP,), ["Yes, from day 7 on.", "Rinse it first."])]


def test_a_question_asked_later_has_an_answer_of_its_own(practice: Practice) -> None:
    maya = practice.patient()
    flag = practice.asks(maya, CAP)
    practice.answers(flag, "Yes, from day 7 on.")
    assert practice.asks(maya, "and may i go snorkelling") == flag
    practice.answers(flag, "From day 14.")
    assert practice.waiting() == [
        (("and may i go snorkelling",), ["From day 14."]),
        ((CAP,), ["Yes, from day 7 on."]),
    ]


def test_an_answer_below_one_of_two_questions_belongs_to_that_one(practice: Practice) -> None:
    maya = practice.patient()
    flag = practice.asks(maya, CAP)
    practice.asks(maya, "and may i go snorkelling")
    practice.answers(flag, "From day 14.", below="snorkelling")
    practice.answers(flag, "The cap is fine from day 7 on.")
    assert sorted(practice.waiting()) == [
        (("and may i go snorkelling",), ["From day 14."]),
        ((CAP,), ["The cap is fine from day 7 on."]),
    ]


def test_one_answer_to_two_questions_belongs_to_both(practice: Practice) -> None:
    maya = practice.patient()
    flag = practice.asks(maya, CAP)
    practice.asks(maya, "and may i go snorkelling")
    practice.answers(flag, "Both from day 14.")
    assert practice.waiting() == [((CAP, "and may i go snorkelling"), ["Both from day 14."])]


def test_answers_to_signs_and_photos_are_no_answers_to_questions(practice: Practice) -> None:
    maya, joan = practice.patient(), practice.patient("Joan")
    practice.answers(practice.asks(maya, "it oozes yellow", kind="message", level=Level.URGENT), "Please come in.")
    photo = practice.asks(joan, "my cheek", kind="media")
    practice.answers(photo, "It looks as expected.")
    assert practice.waiting() == []
    practice.asks(joan, CAP)
    practice.answers(photo, "From day 7.", below="silicone")
    assert practice.waiting() == [((CAP,), ["From day 7."])]


def test_a_question_that_became_serious_is_not_offered(practice: Practice) -> None:
    maya = practice.patient()
    flag = practice.asks(maya, CAP)
    practice.asks(maya, "my eye is swollen shut", kind="message", level=Level.URGENT)
    practice.answers(flag, "Call us now.")
    assert practice.waiting() == []


def test_who_is_forgotten_takes_their_questions_along(practice: Practice) -> None:
    maya = practice.patient()
    practice.answers(practice.asks(maya, CAP), "Yes.")
    practice.store.write_now(lambda tx: people.forget(tx, maya))
    assert practice.waiting() == []
    assert questions.asked(practice.store.read, "en") == []


async def test_the_running_bot_keeps_what_belongs_together(place: Town, tmp_path: Path) -> None:
    await place.enrol("maya")
    await place.says("maya", "who will win the election this year")
    await place.press("maya", "Yes, ask the clinic")
    card = place.find("staff", "who will win the election")
    place.person("anna").says("Nobody knows that yet.", chat=place.group.id, reply_to=card["message_id"])
    await place.settle()
    await place.says("maya", "and who is the king of norway?")
    shown = place.find("staff", "king of norway")
    place.person("ben").says("Not us.", chat=place.group.id, reply_to=shown["message_id"])
    await place.settle()
    # A topic answers this one, wrongly; what staff write below it counts all the same.
    await place.says("maya", "and who wins the football cup?")
    shown = place.find("staff", "football cup")
    place.person("ben").says("Let us hope for rain.", chat=place.group.id, reply_to=shown["message_id"])
    await place.settle()
    assert place.house is not None
    found = questions.answered(place.house.store.read)
    assert [(one.questions, one.answers) for one in found] == [
        (("and who wins the football cup?",), ["Let us hope for rain."]),
        (("and who is the king of norway?",), ["Not us."]),
        (("who will win the election this year",), ["Nobody knows that yet."]),
    ]
    assert found[0].procedure == "microneedling"
    # A command beside the bot, on the same file.
    beside = Sqlite(place.settings().database, alone=False)
    root = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    proposing = Proposing(load(root), beside.read)
    done = propose(proposing, beside, Wish(proposing.waiting()[0][0], "kings"), NOW)
    beside.close_now()
    assert "and who wins the football cup?" in done.draft.read_text(encoding="utf-8")
    assert len(questions.answered(place.house.store.read)) == 2


# The draft


def test_question_and_answer_become_a_draft_with_what_is_missing(practice: Practice) -> None:
    flag = practice.asks(practice.patient(), CAP)
    practice.answers(flag, "Yes, from day 7 on.\nRinse it with clean water first.")
    done, text = practice.propose(str(flag), "swimming_cap")
    assert done.draft == practice.library.root / "drafts" / "swimming_cap.en.md"
    assert done.new
    assert "## swimming_cap\nlabel:\nrests on:\n" in text
    assert f"### Ways of asking\n- {CAP}\n" + "-\n" * (WAYS - 1) in text
    assert f"{WAYS - 1} of {WAYS} ways of asking are missing" in text
    assert text.rstrip().endswith("### Any day\nYes, from day 7 on.\nRinse it with clean water first.")
    assert "\n1. Yes, from day 7 on. Rinse it with clean water first.\n" in text
    assert "microneedling/sources/our_answers.md (kind: clinic)" in text
    assert "a person must find the rest" in text


def test_what_others_asked_like_it_becomes_a_further_way_of_asking(practice: Practice) -> None:
    flag = practice.asks(practice.patient(), CAP)
    joan = practice.patient("Joan")
    for text in ("is a swiming cap ok", "bathing cap at the pool yes or no", "can i wear a bra", "thank you!", CAP):
        practice.says(joan, text)
    practice.says(practice.patient("Luz", "es"), "swimming cap sí o no")
    practice.answers(flag, "Yes.")
    done, text = practice.propose(str(flag), "swimming_cap")
    ways = [line[2:] for line in text.split("\n") if line.startswith("- ")]
    assert ways[0] == CAP
    assert sorted(ways[1:]) == ["bathing cap at the pool yes or no", "is a swiming cap ok"]
    assert done.ways == 3
    assert f"{WAYS - 3} of {WAYS} ways of asking are missing" in text


def test_a_topic_that_is_there_is_shown_beside(practice: Practice) -> None:
    flag = practice.asks(practice.patient(), "is face glitter on my chin a crime")
    practice.answers(flag, "Not from day 4 on.")
    done, text = practice.propose(str(flag), "makeup")
    answer = practice.library.books["en"].answers["makeup"]
    assert not done.new
    assert f"label: {answer.label}\nrests on:\n" in text
    for way in answer.phrasings:
        assert f"\n- {way}\n" in text
    for stretch in answer.stretches:
        assert f"<!--\ntoday:\n{stretch.text}\n-->" in text
    bare = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    assert "glitter" in text
    assert "Not from day 4 on." in text
    assert "glitter" not in bare


def test_what_was_proposed_is_not_offered_again(practice: Practice) -> None:
    flag = practice.asks(practice.patient(), CAP)
    practice.answers(flag, "Yes.")
    practice.propose(str(flag), "swimming_cap")
    assert practice.waiting() == []
    with pytest.raises(BadContent, match="--list"):
        practice.propose(str(flag), "swimming_cap", replace=True)


def test_a_draft_that_is_there_stays_and_the_question_is_still_offered(practice: Practice) -> None:
    flag = practice.asks(practice.patient(), CAP)
    practice.answers(flag, "Yes.")
    draft = practice.library.root / "drafts" / "swimming_cap.en.md"
    draft.parent.mkdir(exist_ok=True)
    draft.write_text("mine", "utf-8")
    with pytest.raises(BadContent, match="--replace"):
        practice.propose(str(flag), "swimming_cap")
    assert draft.read_text(encoding="utf-8") == "mine"
    assert len(practice.waiting()) == 1
    practice.propose(str(flag), "swimming_cap", replace=True)
    assert draft.read_text(encoding="utf-8") != "mine"


def test_a_case_with_several_questions_must_be_named_by_number(practice: Practice) -> None:
    maya = practice.patient()
    flag = practice.asks(maya, CAP)
    practice.answers(flag, "Yes.")
    practice.asks(maya, "and may i go snorkelling")
    practice.answers(flag, "From day 14.")
    numbers = [number for number, _ in practice.proposing.waiting()]
    assert len(set(numbers)) == 2
    with pytest.raises(BadContent, match=f"name one of {', '.join(numbers)}"):
        practice.propose("A-0001", "snorkelling")
    _, text = practice.propose(numbers[0], "snorkelling")
    assert "- and may i go snorkelling\n" in text
    practice.propose("A-0001", "swimming_cap")
    assert practice.waiting() == []


def test_the_draft_is_in_the_patients_language(practice: Practice) -> None:
    flag = practice.asks(practice.patient("Luz", "es"), "puedo usar gorro de natación")
    practice.answers(flag, "Sí, desde el día 7.")
    done, text = practice.propose(str(flag), "gorro")
    assert done.draft.name == "gorro.es.md"
    assert "- puedo usar gorro de natación\n" in text


@pytest.mark.parametrize(
    ("number", "topic", "lang", "word"),
    [
        ("99", "swimming_cap", "", "--list"),
        ("A-0099", "swimming_cap", "", "--list"),
        ("1", "Swimming Cap", "", "no name for a topic"),
        ("1", "../evil", "", "no name for a topic"),
        ("1", "swimming_cap", "fr", "--lang"),
    ],
)
def test_what_cannot_be_proposed_is_refused_in_one_sentence(
    practice: Practice, number: str, topic: str, lang: str, word: str
) -> None:
    flag = practice.asks(practice.patient(), CAP)
    practice.answers(flag, "Yes.")
    assert flag == 1
    with pytest.raises(BadContent, match=word) as refused:
        practice.propose(number, topic, lang)
    assert "\n" not in str(refused.value)
    assert len(practice.waiting()) == 1


# Nobody is named


def test_names_and_numbers_of_patient_and_staff_stand_in_no_draft(practice: Practice) -> None:
    practice.patient("Siobhan")
    flag = practice.asks(
        practice.patient("Maya"),
        "hi anna its maya, siobhan says i can swim with a cap? call me 07700 900123 or maya.k@mail.example, @mayak. "
        "My date of birth is 03/04/1988, photos at https://pics.example/abc",
    )
    practice.answers(flag, "Hello Maya, yes. Your number A-0002 is noted. Best, Anna Whitfield")
    done, text = practice.propose(str(flag), "swimming_cap")
    names = ["maya", "siobhan", "anna", "whitfield"]
    for private in (*names, "07700", "900123", "mail.example", "1988", "pics", "a-0002"):
        assert private not in text.lower(), private
    assert "i can swim with a cap?" in text
    assert done.marks == marks(text) > 8


ORDINARY = frozenset({"mark", "rose", "will", "red", "may", "hope"})


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("a red mark on my chin", "a red mark on my chin"),
        ("Mark said so", "[name] said so"),
        ("ROSE and rose water", "ROSE and rose water"),
        ("my name is petra", "my name is [name]"),
        ("me llamo Lucía Pérez y tengo 34 años", "me llamo [name] y [age]"),
        ("Dr Kowalski told me", "Dr [name] told me"),
        ("i'm 43 years old", "[age]"),
        ("call +44 (0)20 7946 0123 please", "call [number] please"),
        ("born in 1987", "born in [date]"),
        ("on 3rd of March 1987", "on [date]"),
        ("nací el 3 de marzo de 1987", "nací el [date]"),
        ("see www.site.com/x and t.me/me", "see [link] and [link]"),
        ("write to a.b@c.co.uk", "write to [e-mail]"),
        ("@some_one knows", "[name] knows"),
        ("SPF 50 on day 3, 2-3 times a day for 10 minutes", "SPF 50 on day 3, 2-3 times a day for 10 minutes"),
        ("tengo 2 días de rojez", "tengo 2 días de rojez"),
        ("i am 2 days after it", "i am 2 days after it"),
        ("temperature 38.5 at 10.30", "temperature 38.5 at 10.30"),
    ],
)
def test_what_tells_who_somebody_is_goes_and_the_rest_stays(said: str, left: str) -> None:
    assert without_personal(said, (), ("Mark", "Rose", "Will"), ORDINARY) == left


def test_the_patients_own_name_goes_however_it_is_written() -> None:
    assert without_personal("its rose here, ROSE k", ("Rose",), (), ORDINARY) == "its [name] here, [name] k"


def test_every_mark_is_counted() -> None:
    assert marks(" ".join(MARKS)) == len(MARKS)


# On the terminal


@pytest.fixture
def typed(
    practice: Practice, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[object, str, str]]:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(practice.library.root.parent)
    monkeypatch.setenv("CONTENT_DIR", str(practice.library.root))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{practice.library.root.parent / 'practice.sqlite3'}")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["aftercare", "content", "propose", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return (ended.value.code or 0, *capsys.readouterr())

    return run


def test_the_list_shows_questions_and_answers_without_names(
    practice: Practice, typed: Callable[..., tuple[object, str, str]]
) -> None:
    flag = practice.asks(practice.patient("Maya"), f"maya here, {CAP}")
    practice.answers(flag, "Yes Maya, from day 7.")
    code, out, _ = typed("--list")
    assert code == 0
    assert "maya" not in out.lower()
    assert "silicone" in out
    assert "A-0001" in out
    code, out, _ = typed(str(flag), "--topic", "swimming_cap")
    assert code == 0
    assert "Read all of it before it goes anywhere" in out
    assert (practice.library.root / "drafts/swimming_cap.en.md").exists()
    assert "silicone" not in typed("--list")[1]


def test_a_command_without_a_question_or_a_topic_says_how_it_is_used(
    practice: Practice, typed: Callable[..., tuple[object, str, str]]
) -> None:
    for words in ((), ("1",)):
        code, _, told = typed(*words)
        assert code == 2
        assert "--topic swimming_cap" in told
