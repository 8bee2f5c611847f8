"""The one sender: everything due goes out once, in order, within the limits, whatever the line does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest

from care.channel import Later, Refused, Unknown
from care.invitation import digest
from care.model import Lane, Say
from store import audit, invitations, outbox, people
from store.seam import Store, Writes, stamp
from tests.fast_time import quickly
from tests.post_office import CANCELLED, GROUP, HUNG, MONDAY, THANKS, Post, button, post

T = TypeVar("T")
Story = Callable[[Post], Coroutine[Any, Any, None]]
MAYA, NOOR, TOM = 11, 12, 13
CARE, REPLY, EMERGENCY = Lane.CARE, Lane.REPLY, Lane.EMERGENCY


def told(folder: Path, story: Story, start: datetime = MONDAY, *, begun: bool = True) -> None:
    """Tell a story in a post office of its own."""

    async def whole() -> None:
        async with post(folder, start, begun=begun) as office:
            await story(office)

    quickly(whole())


def killed(folder: Path, story: Story) -> None:
    """Tell a story whose process is killed at the end: nothing is finished, given back or closed."""

    async def whole() -> Post:
        office = Post(folder, MONDAY)
        office.begin(me="dead")
        await story(office)
        return office

    quickly(whole()).store.close_now()


def test_a_row_is_sent_once_and_marked_with_message_words_and_time(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        row_id = await office.put(THANKS, MAYA)
        await office.quiet()
        row = office.row(row_id)
        assert [letter.html for letter in office.channel.to(MAYA)] == [office.words.say(THANKS, "en", {}).html]
        assert (row["state"], row["message_id"]) == ("sent", 1001)
        assert (row["version"], row["hash"]) == ("1", office.words.say(THANKS, "en", {}).hash)
        assert MONDAY <= datetime.fromtimestamp(row["sent_at"] / 1000, MONDAY.tzinfo) <= office.clock()

    told(tmp_path, story)


def test_a_row_waits_for_its_time(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        await office.put(THANKS, MAYA, due=MONDAY + timedelta(minutes=5))
        await asyncio.sleep(299.9)
        assert office.channel.calls == []
        await asyncio.sleep(0.2)
        assert len(office.channel.to(MAYA)) == 1

    told(tmp_path, story)


def test_a_clock_that_jumps_makes_everything_due_go_out(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        await office.put(THANKS, MAYA, due=MONDAY + timedelta(days=20))
        await office.forward(MONDAY + timedelta(days=21))
        assert len(office.channel.to(MAYA)) == 1

    told(tmp_path, story)


def test_ten_thousand_due_at_once_go_out_once_each_and_never_more_than_thirty_a_second(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        await office.burst(range(1, 10_001))
        began = office.seconds()
        await office.quiet(400, step=1)
        assert set(office.channel.chats().values()) == {1}
        assert office.states() == {"sent": 10_000}
        times = [when for when, _ in office.channel.calls]
        assert all(later - earlier > 1.0 for earlier, later in zip(times, times[30:], strict=False))
        assert office.seconds() - began <= 10_000 / 30 * 1.02

    told(tmp_path, story)


def test_an_emergency_overtakes_a_burst(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        await office.burst(range(100, 500))
        await asyncio.sleep(3)
        asked = office.seconds()
        await office.put(THANKS, MAYA, EMERGENCY)
        await office.put(THANKS, NOOR, REPLY)
        office.delivery.wake()
        await office.until(lambda: bool(office.channel.to(MAYA)) and bool(office.channel.to(NOOR)))
        assert office.channel.tried(MAYA)[0] - asked < 0.1
        assert office.channel.tried(NOOR)[0] - asked < 0.2
        assert len(office.channel.sent) < 200

    told(tmp_path, story)


def test_an_emergency_overtakes_the_cards_that_wait_for_the_same_group(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        for _ in range(25):
            await office.put(THANKS, GROUP)
        office.delivery.wake()
        await asyncio.sleep(25)
        assert len(office.channel.to(GROUP)) == 17
        await office.put(CANCELLED, GROUP, EMERGENCY)
        office.delivery.wake()
        await asyncio.sleep(1.1)
        assert office.channel.to(GROUP)[-1].html == office.words.say(CANCELLED, "en", {}).html
        await office.quiet()
        assert len(office.channel.to(GROUP)) == 26

    told(tmp_path, story)


def test_more_messages_to_one_chat_than_hands_do_not_hold_up_the_others(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        for _ in range(80):
            await office.put(THANKS, MAYA, CARE)
        await office.put(THANKS, NOOR, CARE)
        office.delivery.wake()
        await asyncio.sleep(0.5)
        assert len(office.channel.to(NOOR)) == 1

    told(tmp_path, story)


def test_a_chat_gets_its_messages_in_the_order_of_lane_due_and_id(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        order = [("care", CARE, 3), ("late", REPLY, 1), ("early", REPLY, 2), ("first", EMERGENCY, 1)]
        for text, lane, minutes in order:
            facts = {"who": "M", "text": text, "level": "none"}
            await office.put("staff.relay", MAYA, lane, facts=facts, due=MONDAY - timedelta(minutes=minutes))
        await office.put("staff.relay", MAYA, facts={"who": "M", "text": "last", "level": "none"})
        office.begin()
        await office.quiet()
        texts = [letter.html.split("“")[1].rstrip("”") for letter in office.channel.to(MAYA)]
        assert texts == ["first", "early", "late", "last", "care"]
        await office.delivery.stop()

    told(tmp_path, story, begun=False)


def test_the_order_of_a_chat_holds_when_the_line_fails(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[MAYA] = [Later(0), Later(0)]
        rows = [await office.put(THANKS, MAYA) for _ in range(3)]
        office.delivery.wake()
        await asyncio.sleep(1)
        rows.append(await office.put(THANKS, MAYA))
        await office.put(THANKS, NOOR)
        office.delivery.wake()
        await office.until(lambda: len(office.channel.to(MAYA)) == 4)
        sent = [office.row(row)["message_id"] for row in rows]
        assert sent == sorted(sent)
        assert office.channel.tried(NOOR)[0] < 2

    told(tmp_path, story)


def test_nothing_less_urgent_passes_an_answer_that_has_to_be_tried_again(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[MAYA] = [Later(5)]
        answer = await office.put(THANKS, MAYA)
        office.delivery.wake()
        await asyncio.sleep(1)
        care = await office.put(CANCELLED, MAYA, CARE)
        alert = await office.put(CANCELLED, MAYA, EMERGENCY)
        office.delivery.wake()
        await office.until(lambda: len(office.channel.to(MAYA)) == 3)
        order = sorted((alert, answer, care), key=lambda row: int(office.row(row)["message_id"]))
        assert order == [alert, answer, care]

    told(tmp_path, story)


def test_the_pauses_between_attempts_grow_to_a_minute_and_the_row_is_never_given_up(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[MAYA] = [Later(0.5) for _ in range(9)]
        await office.put(THANKS, MAYA)
        office.delivery.wake()
        await office.until(lambda: bool(office.channel.to(MAYA)))
        pauses = [round(later - earlier) for earlier, later in pairwise(office.channel.tried(MAYA))]
        assert pauses == [2, 4, 8, 16, 32, 60, 60, 60, 60]

    told(tmp_path, story)


def test_an_emergency_is_tried_again_more_often(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[MAYA] = [Later(0.5) for _ in range(5)]
        await office.put(THANKS, MAYA, EMERGENCY)
        office.delivery.wake()
        await office.until(lambda: bool(office.channel.to(MAYA)))
        assert max(later - earlier for earlier, later in pairwise(office.channel.tried(MAYA))) < 9

    told(tmp_path, story)


def test_a_channel_that_names_a_time_is_left_alone_for_so_long(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[MAYA] = [Later(30)]
        await office.put(THANKS, MAYA)
        office.delivery.wake()
        await office.until(lambda: bool(office.channel.to(MAYA)))
        first, second = office.channel.tried(MAYA)
        assert second - first >= 30

    told(tmp_path, story)


def test_too_many_requests_hold_that_chat_alone_and_exactly_as_long_as_asked(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[MAYA] = [Later(17, limited=True)]
        await office.put(THANKS, MAYA)
        await office.put(THANKS, MAYA)
        office.delivery.wake()
        await asyncio.sleep(1)
        await office.put(THANKS, MAYA, EMERGENCY)
        await office.put(THANKS, NOOR)
        office.delivery.wake()
        await office.until(lambda: len(office.channel.to(MAYA)) == 3)
        refused, again, *_ = office.channel.tried(MAYA)
        answered = refused + office.channel.takes
        assert 17 <= again - answered <= 17.1
        assert office.channel.tried(NOOR)[0] < 1.2
        assert office.states() == {"sent": 4}

    told(tmp_path, story)


def test_an_alert_that_is_in_hand_when_its_chat_is_held_waits_as_well(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[GROUP] = [Later(40, limited=True)]
        office.channel.takes = 0.5
        await office.put(THANKS, GROUP)
        office.delivery.wake()
        await asyncio.sleep(0.2)
        await office.put(THANKS, GROUP, EMERGENCY)
        office.delivery.wake()
        await office.until(lambda: len(office.channel.to(GROUP)) == 2)
        assert office.channel.tried(GROUP)[1] >= 40.5

    told(tmp_path, story)


def test_a_hold_outlives_a_restart(tmp_path: Path) -> None:
    async def first(office: Post) -> None:
        office.channel.troubles[MAYA] = [Later(60, limited=True)]
        await office.put(THANKS, MAYA)
        office.delivery.wake()
        await asyncio.sleep(1)

    async def second(office: Post) -> None:
        await office.until(lambda: bool(office.channel.to(MAYA)))
        assert office.channel.tried(MAYA)[0] >= 60

    killed(tmp_path, first)
    told(tmp_path, second)


def test_what_was_only_claimed_when_we_were_killed_is_sent_once(tmp_path: Path) -> None:
    gone: list[int] = []

    async def first(office: Post) -> None:
        office.channel.takes = 0.0
        await office.burst(range(1, 101))
        office.delivery.wake()
        await asyncio.sleep(1)
        await office.until(lambda: office.states().get("handed", 0) == 0, step=0.001)
        assert office.states()["claimed"] > 20
        gone.extend(office.channel.chats().elements())

    async def second(office: Post) -> None:
        await office.quiet()
        both = sorted([*gone, *office.channel.chats().elements()])
        assert both == list(range(1, 101))
        assert office.states() == {"sent": 100}

    killed(tmp_path, first)
    told(tmp_path, second)


def test_an_answer_that_was_handed_over_when_we_were_killed_is_repeated_once_and_says_so(tmp_path: Path) -> None:
    async def first(office: Post) -> None:
        office.channel.troubles = {MAYA: [HUNG], NOOR: [HUNG]}
        await office.put(THANKS, MAYA, REPLY)
        await office.put(THANKS, NOOR, EMERGENCY)
        office.delivery.wake()
        await asyncio.sleep(1)
        assert office.states() == {"handed": 2}

    async def second(office: Post) -> None:
        await office.quiet()
        note = office.words.say("repeat.note", "en", {}).html
        words = office.words.say(THANKS, "en", {}).html
        assert [letter.html for letter in office.channel.to(MAYA)] == [f"{note}\n\n{words}"]
        assert [letter.html for letter in office.channel.to(NOOR)] == [f"{note}\n\n{words}"]
        assert office.states() == {"unknown": 2, "sent": 2}

    async def third(office: Post) -> None:
        await office.quiet()
        assert office.channel.calls == []

    killed(tmp_path, first)
    told(tmp_path, second)
    told(tmp_path, third)


def test_a_care_message_that_was_handed_over_when_we_were_killed_is_not_repeated_and_staff_are_told(
    tmp_path: Path,
) -> None:
    async def first(office: Post) -> None:
        office.channel.troubles[MAYA] = [HUNG]
        await office.enrolled(MAYA)
        office.delivery.wake()
        await asyncio.sleep(1)

    async def second(office: Post) -> None:
        await office.quiet()
        assert office.channel.calls == []
        assert [office.row(row)["planned"] for row in office.staff.unsure] == ["day0"]
        assert office.plan(1)["day0"] == "unknown"

    killed(tmp_path, first)
    told(tmp_path, second)


def test_an_answer_whose_line_breaks_is_repeated_once_and_then_staff_are_told(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        patient = await office.patient(MAYA)
        office.channel.troubles[MAYA] = [Unknown(), Unknown()]
        await office.put(THANKS, MAYA, patient_id=patient, buttons=button("button.back", "x"))
        office.delivery.wake()
        await asyncio.sleep(100)
        first, second = (letter for _, letter in office.channel.calls)
        assert second.inline == first.inline
        assert office.states() == {"unknown": 2}
        assert len(office.staff.unsure) == 1

    told(tmp_path, story)


def test_a_fault_in_the_channel_counts_as_unknown(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[MAYA] = [RuntimeError("a fault of ours")]
        await office.put(THANKS, MAYA)
        await office.quiet()
        assert office.states() == {"unknown": 1, "sent": 1}

    told(tmp_path, story)


def test_an_edit_whose_line_breaks_is_done_again(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        original = await office.put(THANKS, MAYA)
        await office.quiet()
        office.channel.troubles[MAYA] = [Unknown()]
        edit = await office.put(CANCELLED, MAYA, form="edit", edits_row=original)
        office.delivery.wake()
        await asyncio.sleep(10)
        assert office.row(edit)["state"] == "sent"
        assert [letter.edits for _, letter in office.channel.calls] == [0, 1001, 1001]

    told(tmp_path, story)


@pytest.mark.parametrize("reason", ["blocked", "deactivated", "gone"])
def test_a_patient_who_cannot_be_reached_becomes_a_task_and_holds_up_nobody(tmp_path: Path, reason: str) -> None:
    async def story(office: Post) -> None:
        patient = await office.patient(MAYA)
        office.channel.troubles[MAYA] = [Refused(reason)]
        row = await office.put(THANKS, MAYA, patient_id=patient)
        await office.put(THANKS, NOOR)
        await office.quiet()
        assert (office.row(row)["state"], office.row(row)["reason"]) == ("refused", reason)
        assert office.staff.unreached == [(patient, reason)]
        known = people.by_id(office.store.read, patient)
        assert known is not None
        assert known["unreachable"] == reason
        assert len(office.channel.to(NOOR)) == 1

    told(tmp_path, story)


def test_a_group_that_has_moved_gets_everything_at_its_new_id(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        card = await office.put(THANKS, GROUP)
        await office.quiet()
        office.channel.troubles[GROUP] = [Refused("moved", moved_to=-2002)]
        await office.put(CANCELLED, GROUP)
        await office.put(THANKS, GROUP)
        await office.put(CANCELLED, GROUP, form="edit", edits_row=card)
        await office.quiet()
        assert len(office.channel.to(GROUP)) == 1
        assert [letter.edits for letter in office.channel.to(-2002)] == [0, 0, 0]
        assert audit.recall(office.store.read, "staff_chat") == "-2002"

    told(tmp_path, story)


def test_a_group_that_moves_twice_in_a_row_is_refused(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles = {n: [Refused("moved", moved_to=n - 1)] for n in (GROUP, GROUP - 1)}
        row = await office.put(THANKS, GROUP)
        await office.quiet()
        assert (office.row(row)["state"], office.row(row)["reason"]) == ("refused", "moved")

    told(tmp_path, story)


@pytest.mark.parametrize(("words", "facts"), [("no.such.words", {}), ("staff.relay", {"who": "M"})])
def test_words_that_fail_are_a_task_and_block_nobody(tmp_path: Path, words: str, facts: dict[str, str]) -> None:
    async def story(office: Post) -> None:
        patient = await office.patient(MAYA)
        bad = await office.put(words, MAYA, facts=facts, patient_id=patient)
        good = await office.put(THANKS, MAYA, patient_id=patient)
        await office.quiet()
        assert (office.row(bad)["state"], office.row(bad)["reason"]) == ("refused", "words")
        assert office.row(good)["state"] == "sent"
        assert office.staff.unsure == [bad]

    told(tmp_path, story)


def test_an_edit_waits_until_its_message_is_sent(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        original = await office.put(THANKS, MAYA, CARE, due=MONDAY + timedelta(seconds=30))
        edit = await office.put(CANCELLED, MAYA, form="edit", edits_row=original)
        office.delivery.wake()
        await office.until(lambda: len(office.channel.sent) == 2)
        assert [letter.edits for letter in office.channel.to(MAYA)] == [0, office.row(original)["message_id"]]
        assert office.row(edit)["state"] == "sent"

    told(tmp_path, story)


def test_an_edit_of_what_was_never_sent_is_cancelled(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        original = await office.put("no.such.words", MAYA)
        edit = await office.put(CANCELLED, MAYA, form="edit", edits_row=original)
        await office.quiet()
        assert office.row(edit)["state"] == "cancelled"

    told(tmp_path, story)


def test_an_edit_of_a_message_that_was_repeated_changes_the_repetition(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[MAYA] = [Unknown()]
        original = await office.put(THANKS, MAYA)
        await office.quiet()
        await office.put(CANCELLED, MAYA, form="edit", edits_row=original)
        await office.quiet()
        assert [letter.edits for letter in office.channel.to(MAYA)] == [0, 1001]

    told(tmp_path, story)


def test_of_several_edits_of_a_message_only_the_newest_goes_out(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        original = await office.put(THANKS, MAYA)
        await office.quiet()
        edits = [await office.put(CANCELLED, MAYA, form="edit", edits_row=original) for _ in range(3)]
        await office.quiet()
        assert [office.row(edit)["state"] for edit in edits] == ["cancelled", "cancelled", "sent"]

    told(tmp_path, story)


def test_when_the_message_to_change_is_gone_the_words_go_out_anew(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[MAYA] = [Refused("gone")]
        await office.put(CANCELLED, MAYA, EMERGENCY, form="edit", edits_message=77)
        await office.quiet()
        assert [letter.edits for _, letter in office.channel.calls] == [77, 0]
        assert office.staff.unreached == []

    told(tmp_path, story)


def test_an_answer_names_the_message_that_it_answers_in_the_same_chat_only(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        original = await office.put(THANKS, MAYA)
        await office.quiet()
        await office.put(CANCELLED, MAYA, reply_row=original)
        await office.put(CANCELLED, NOOR, reply_row=original)
        await office.quiet()
        assert office.channel.to(MAYA)[1].reply_to == 1001
        assert office.channel.to(NOOR)[0].reply_to == 0

    told(tmp_path, story)


def test_buttons_and_keyboard_carry_their_labels(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        await office.put(THANKS, MAYA, buttons=button("button.back", "b|1"))
        await office.put(THANKS, MAYA, keyboard=button("keyboard.worried"))
        await office.put(THANKS, MAYA, keyboard=())
        await office.quiet()
        inline, keyboard, none = office.channel.to(MAYA)
        assert [(key.label, key.data) for line in inline.inline for key in line] == [("Back", "b|1")]
        assert inline.keyboard is None
        assert keyboard.keyboard is not None
        assert [key.label for line in keyboard.keyboard for key in line] == ["I'm worried"]
        assert none.keyboard == ()

    told(tmp_path, story)


def test_a_qr_carries_a_fresh_invitation_at_every_attempt_and_no_token_is_kept(tmp_path: Path) -> None:
    seen: list[str] = []

    async def story(office: Post) -> None:
        await office.patient(MAYA)
        facts = {
            "procedure": "microneedling",
            "session_at": MONDAY,
            "lang": "en",
            "types": ["scalp"],
            "next_session": "2026-03-30",
            "made_by": "staff 1",
            "hours": 72,
        }
        office.channel.troubles[GROUP] = [Later(1)]
        await office.put("enroll.qr", GROUP, facts=facts, form="qr")
        office.delivery.wake()
        await office.until(lambda: bool(office.channel.to(GROUP)))
        tokens = [letter.html.split("?start=")[1].split()[0] for _, letter in office.channel.calls]
        assert tokens[0] != tokens[1]
        letter = office.channel.to(GROUP)[0]
        assert letter.photo.startswith(b"\x89PNG")
        assert not letter.protect
        assert "15:00" in letter.html
        kept = invitations.find(office.store.read, digest(tokens[1]))
        assert kept is not None
        assert (kept["session_at"], kept["next_session"]) == (stamp(MONDAY), "2026-03-30")
        assert abs(kept["expires_at"] - kept["made_at"]) == 72 * 3_600_000
        seen.extend(tokens)

    told(tmp_path, story)
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(token.encode() in raw for token in seen)


def test_a_patients_file_and_a_copied_picture_are_sent_with_their_words(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        patient = await office.patient(MAYA)
        await office.put("mydata.caption", MAYA, form="data", patient_id=patient)
        await office.put("staff.media", GROUP, form="copy", facts={"file_id": "F1", "kind": "photo"})
        await office.quiet()
        file, copy = office.channel.to(MAYA)[0], office.channel.to(GROUP)[0]
        assert (file.document, file.protect) == (f"all about {patient}".encode(), False)
        assert file.filename
        assert (copy.copy_file, copy.copy_kind) == ("F1", "photo")

    told(tmp_path, story)


def test_the_words_of_a_plan_know_name_day_and_procedure(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        episode = await office.enrolled(MAYA)
        await office.quiet()
        await office.forward(MONDAY + timedelta(hours=4, minutes=1))
        facts = {"procedure": "microneedling", "day": 0, "first_name": "Maya"}
        first = office.channel.to(MAYA)[0].html
        assert first == office.words.say("day0", "en", facts).html
        assert office.plan(episode)["day0"] == "sent"
        assert [planned for planned, _ in office.begun] == ["day0", "evening0"]

    told(tmp_path, story)


def test_after_an_outage_of_two_days_a_patient_gets_one_message(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        episode = await office.enrolled(MAYA)
        await office.quiet()
        await office.delivery.stop()
        before = len(office.channel.to(MAYA))
        office.shift += timedelta(days=2, hours=18)
        office.begin(me="after the outage")
        await asyncio.sleep(50 * 60)
        catch_up = office.channel.to(MAYA)[before:]
        assert len(catch_up) == 1
        items = ["evening0", "day1", "day2"]
        facts = {"procedure": "microneedling", "day": 3, "items": items, "today": "", "first_name": "Maya"}
        assert catch_up[0].html == office.words.say("catch_up", "en", facts).html
        plan = office.plan(episode)
        assert (plan["evening0"], plan["day1"], plan["day2"]) == ("merged", "merged", "sent")
        assert [planned for planned, _ in office.begun] == ["day0", "day2"]
        await asyncio.sleep(20 * 60)
        assert office.plan(episode)["day3"] == "sent"

    told(tmp_path, story)


def test_a_catch_up_that_could_not_be_sent_takes_everything_along_at_the_next_attempt(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        episode = await office.enrolled(MAYA)
        await office.quiet()
        office.channel.troubles[MAYA] = [Later(600)]
        await office.forward(MONDAY + timedelta(days=2, hours=18))
        assert "merged" not in office.plan(episode).values()
        await asyncio.sleep(700)
        _, first, second = (letter.html for _, letter in office.channel.calls)
        assert first == second
        assert office.plan(episode)["day1"] == "merged"

    told(tmp_path, story)


def test_a_kill_before_a_catch_up_went_out_loses_none_of_its_lines(tmp_path: Path) -> None:
    async def first(office: Post) -> None:
        await office.enrolled(MAYA)
        await office.quiet()
        office.shift += timedelta(days=2, hours=18)
        # A message a moment ago makes the chat wait for its second: the rows stay claimed.
        await office.put(THANKS, MAYA)
        office.delivery.wake()
        await office.until(lambda: office.states().get("claimed", 0) >= 3, step=0.01)

    async def second(office: Post) -> None:
        office.shift += timedelta(days=2, hours=18)
        await office.quiet()
        assert office.plan(1)["evening0"] == "merged"
        assert office.plan(1)["day1"] == "merged"
        assert office.plan(1)["day2"] == "sent"
        assert len([letter for letter in office.channel.to(MAYA) if "Here is" in letter.html]) == 1

    killed(tmp_path, first)
    told(tmp_path, second)


def test_care_messages_wait_for_the_end_of_the_quiet_hours(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        await office.enrolled(MAYA)
        await office.quiet()
        before = len(office.channel.to(MAYA))
        await office.forward(datetime(2026, 3, 4, 3, 0, tzinfo=MONDAY.tzinfo))
        assert len(office.channel.to(MAYA)) == before
        await office.put(THANKS, MAYA)
        await office.quiet()
        assert len(office.channel.to(MAYA)) == before + 1
        await office.forward(datetime(2026, 3, 4, 7, 59, 50, tzinfo=MONDAY.tzinfo))
        assert len(office.channel.to(MAYA)) == before + 1
        await asyncio.sleep(15)
        assert len(office.channel.to(MAYA)) == before + 2

    told(tmp_path, story)


def test_an_outage_that_ends_at_night_still_ends_in_one_message(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        await office.enrolled(MAYA)
        await office.quiet()
        await office.delivery.stop()
        before = len(office.channel.to(MAYA))
        office.shift += timedelta(days=2, hours=12)
        office.begin(me="at night")
        await office.quiet()
        await asyncio.sleep(6.9 * 3600)
        assert len(office.channel.to(MAYA)) - before == 1

    told(tmp_path, story)


def test_a_patient_who_stops_gets_nothing_more_even_of_what_is_in_hand(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        episode = await office.enrolled(MAYA)
        await office.quiet()
        # A message a moment ago makes the chat wait for its second: the row stays claimed.
        await office.put(THANKS, MAYA)
        await office.quiet()
        office.shift += timedelta(hours=4, minutes=1)
        office.delivery.wake()
        await office.until(lambda: office.plan(episode)["evening0"] == "claimed", step=0.01)
        await office.store.write(lambda tx: outbox.cancel_plan(tx, episode, "the patient stopped"))
        await office.forward(office.clock() + timedelta(days=40))
        assert {state for plan, state in office.plan(episode).items() if plan != "day0"} == {"cancelled"}
        assert len(office.channel.to(MAYA)) == 2

    told(tmp_path, story)


def test_a_message_that_no_longer_stands_in_the_plan_is_dropped(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        episode = await office.enrolled(MAYA)
        await office.store.write(lambda tx: tx.run("UPDATE outgoing SET planned = 'day99' WHERE planned = 'day1'"))
        await office.forward(MONDAY + timedelta(days=1))
        assert office.plan(episode)["day99"] == "dropped"

    told(tmp_path, story)


def test_a_fault_in_what_follows_a_planned_message_does_not_send_it_twice(tmp_path: Path) -> None:
    def faulty(*_: object) -> None:
        raise RuntimeError("the check-in could not begin")

    async def story(office: Post) -> None:
        office.begin(on_sent=faulty)
        episode = await office.enrolled(MAYA)
        await office.quiet()
        assert len(office.channel.to(MAYA)) == 1
        assert office.plan(episode)["day0"] == "sent"
        await office.delivery.stop()

    told(tmp_path, story, begun=False)


def test_two_wakes_and_two_senders_that_race_send_nothing_twice(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        rival = office.sender("rival")
        await office.burst(range(1, 121))
        office.runs.append(asyncio.create_task(rival.run()))
        for _ in range(50):
            office.delivery.wake()
            rival.wake()
            await asyncio.sleep(0.01)
        await office.quiet()
        await office.until(rival.idle)
        assert set(office.channel.chats().values()) == {1}
        assert office.states() == {"sent": 120}
        await rival.stop()

    told(tmp_path, story)


def test_stopping_finishes_what_is_handed_over_and_gives_back_the_rest(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.takes = 2.0
        await office.burst(range(1, 101))
        office.delivery.wake()
        await asyncio.sleep(1)
        began, handed = office.seconds(), len(office.channel.calls)
        await office.delivery.stop()
        assert office.seconds() - began < 5
        assert len(office.channel.calls) == handed
        states = office.states()
        assert set(states) == {"sent", "waiting"}
        assert states["sent"] == len(office.channel.sent) == len(office.channel.calls)

    told(tmp_path, story)


def test_stopping_does_not_wait_for_ever_for_a_line_that_hangs(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.channel.troubles[MAYA] = [HUNG]
        await office.put(THANKS, MAYA)
        office.delivery.wake()
        await asyncio.sleep(1)
        began = office.seconds()
        await office.delivery.stop()
        assert office.seconds() - began <= 5.1
        assert office.states() == {"handed": 1}

    told(tmp_path, story)


def test_idle_means_that_nothing_can_go_out_now(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        await office.quiet()
        office.channel.troubles[NOOR] = [Later(60, limited=True)]
        await office.put(THANKS, TOM, due=MONDAY + timedelta(hours=1))
        assert office.delivery.idle()
        await office.put(THANKS, MAYA)
        await office.put(THANKS, NOOR)
        assert not office.delivery.idle()
        await office.quiet(10)
        assert office.states() == {"sent": 1, "waiting": 2}

    told(tmp_path, story)


class FullDisk:
    """A database of which every second write fails."""

    def __init__(self, store: Store) -> None:
        self.read, self._store, self._writes = store.read, store, 0

    async def write(self, work: Callable[[Writes], T]) -> T:
        self._writes += 1
        if self._writes % 2:
            raise OSError("the disk is full")
        return await self._store.write(work)

    async def close(self) -> None:
        await self._store.close()


def test_a_database_that_fails_for_a_while_delays_and_loses_nothing(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        office.begin(store=FullDisk(office.store))
        rows = [await office.put(THANKS, MAYA), await office.put(THANKS, NOOR)]
        office.delivery.wake()
        await office.until(lambda: all(office.row(row)["state"] == "sent" for row in rows))
        assert set(office.channel.chats().values()) == {1}
        await office.delivery.stop()

    told(tmp_path, story, begun=False)


def test_no_log_line_holds_words_names_or_tokens(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(office: Post) -> None:
        patient = await office.patient(MAYA, "Zebulon")
        office.channel.troubles = {
            MAYA: [Unknown(), Later(1), Later(1, limited=True), RuntimeError("canary"), Refused("blocked")],
            GROUP: [Refused("bad")],
        }
        facts = {"who": "Zebulon", "text": "canary", "level": "none"}
        for _ in range(5):
            await office.put("staff.relay", MAYA, facts=facts, patient_id=patient)
        await office.put("staff.relay", MAYA, facts={"who": "canary"}, patient_id=patient)
        await office.put("staff.relay", GROUP, facts=facts)
        office.delivery.wake()
        await asyncio.sleep(60)
        assert not {"waiting", "claimed", "handed"} & set(office.states())

    caplog.set_level(logging.DEBUG)
    told(tmp_path, story)
    assert "row 1" in caplog.text
    assert not any(secret in caplog.text for secret in ("canary", "Zebulon", "goes on"))


def test_a_say_with_no_row_is_never_sent(tmp_path: Path) -> None:
    async def story(office: Post) -> None:
        def fails(tx: Writes) -> None:
            office.write(tx, Say(THANKS), MAYA)
            raise ValueError("the transaction breaks")

        with pytest.raises(ValueError, match="breaks"):
            await office.store.write(fails)
        await office.quiet()
        assert office.channel.calls == []

    told(tmp_path, story)
