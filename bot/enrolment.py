"""From the first scan to the first message: language, consent, session, zone, hour.

Nothing is planned before consent is given; each step is a row, so a restart loses no step.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from bot.desk import KEYBOARD, Desk
from care.channel import Incoming
from care.invitation import digest
from care.model import Button, Rows, Say
from care.plan import instant, within
from store import asking, checkins, flagging, invitations, outbox, people, planning
from store.seam import Reads, Row, Writes, moment

HOURS = tuple(time(h) for h in (8, 9, 10, 12, 14, 16, 18, 20))
SESSION_TIMES = tuple(time(h) for h in (9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20))
STEPS = {
    "language": "lang",
    "consent": "consent",
    "session": "session",
    "session_day": "day",
    "session_time": "time",
    "zone": "zone",
    "zone_pick": "zone",
    "hour": "hour",
}
"""Question of enrolment -> what its buttons carry."""
TYPED = ("zone_pick", "settings_zone")
"""Questions of ours to which words are an answer."""


class Enrolment:
    """The steps of enrolment, one question after the other."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def start(self, heard: Incoming, payload: str) -> None:
        """/start, with or without an invitation."""
        desk = self._desk

        def work(tx: Writes, now: datetime) -> None:
            patient = people.by_chat(tx, heard.chat_id)
            if not payload:
                self.again(tx, heard, patient, now)
                return
            invitation = invitations.find(tx, digest(payload))
            trouble = self._trouble(invitation, patient, now)
            if trouble:
                desk.to_stranger(tx, heard, Say(trouble), now)
            elif invitation is not None:
                self._admit(tx, heard, invitation, now)

        await desk.carry_out(heard, work)

    def _trouble(self, invitation: Row | None, patient: Row | None, now: datetime) -> str:
        if invitation is None:
            return "start.unknown"
        if invitation["clinic_id"] != self._desk.library.clinic.id:
            return "start.foreign"
        if invitation["used_by"] is not None or invitation["used_at"] is not None:
            return "" if patient is not None and invitation["used_by"] == patient["id"] else "start.used"
        if moment(invitation["expires_at"]) <= now:
            return "start.expired"
        if invitation["procedure"] not in self._desk.library.offered:
            return "start.unknown"
        return ""

    def asks_first(self, read: Reads, patient: Row) -> bool:
        """Whether a question of enrolment must be answered before anything else makes sense."""
        return enrolling(patient) and people.running(read, patient["id"]) is None

    def again(self, tx: Writes, heard: Incoming, patient: Row | None, now: datetime) -> None:
        """Where somebody stands: the question that is open, or what comes next."""
        member = people.staff_member(tx, self._desk.library.clinic.id, heard.person_id)
        if patient is None and member is not None:
            self._desk.to_stranger(tx, heard, Say("staff.private", {"name": member["name"]}), now)
        elif patient is None:
            self._desk.to_stranger(tx, heard, Say("start.no_invitation"), now)
        elif people.asking(patient)[0] in STEPS:
            self._ask(tx, patient, *people.asking(patient), now)
        elif people.running(tx, patient["id"]) is None:
            self._desk.to_patient(tx, patient, without_plan(patient), now)
        else:
            self._already(tx, patient, now)

    def _already(self, tx: Writes, patient: Row, now: datetime) -> None:
        episode = people.running(tx, patient["id"])
        assert episode is not None
        zone = ZoneInfo(patient["zone"])
        coming = [row for row in outbox.planned(tx, episode["id"]) if row["state"] == "waiting"]
        stamps = (coming[0]["due_at"], patient["paused_until"] or 0) if coming else ()
        next_at = moment(max(stamps)).astimezone(zone) if stamps else None
        facts = {"next_at": next_at}
        self._desk.to_patient(tx, patient, Say("start.already", facts, keyboard=KEYBOARD), now, episode=episode)

    def _admit(self, tx: Writes, heard: Incoming, invitation: Row, now: datetime) -> None:
        lang = self._desk.language(invitation["lang"])
        patient = people.admit(tx, self._desk.library.clinic, heard.chat_id, heard.first_name, lang, now)
        draft = {"invitation": invitation["id"]}
        if invitation["used_by"] == patient["id"]:
            step, old = people.asking(patient)
            if step in STEPS and old.get("invitation") == invitation["id"]:
                self._ask(tx, patient, step, old, now)
                return
            if people.running(tx, patient["id"]) is not None:
                self._already(tx, patient, now)
                return
            if people.began_since(tx, patient["id"], invitation["used_at"]):
                self._desk.to_patient(tx, patient, Say("start.used"), now)
                return
        if not invitations.use(tx, invitation["id"], patient["id"], now):
            self._desk.to_stranger(tx, heard, Say("start.used"), now)
            return
        people.change(tx, patient["id"], first_name=heard.first_name or patient["first_name"], unreachable="")
        first = "language" if len(self._desk.library.languages) > 1 else "consent"
        self._ask(tx, patient, first, draft, now)

    def _ask(
        self,
        tx: Writes,
        patient: Row,
        step: str,
        draft: dict[str, Any],
        now: datetime,
        *,
        instead_of: int | None = None,
    ) -> None:
        people.ask(tx, patient["id"], step, draft)
        fresh = people.by_id(tx, patient["id"])
        assert fresh is not None
        say = self._question(tx, fresh, step, draft, now)
        self._desk.to_patient(tx, fresh, say, now, instead_of=instead_of)

    def _question(self, tx: Writes, patient: Row, step: str, draft: dict[str, Any], now: datetime) -> Say:
        zone = ZoneInfo(patient["zone"])
        if step == "language":
            buttons = tuple((Button(f"language.{x}", f"e|lang|{x}"),) for x in self._desk.library.languages)
            return Say("enrol.language", {}, buttons)
        if step == "consent":
            rows: Rows = ((Button("button.accept", "e|consent|yes"),), (Button("button.decline", "e|consent|no"),))
            return Say("enrol.consent", {}, rows)
        if step == "session":
            local = self._session(tx, draft).astimezone(zone)
            facts = {"session_at": local, "procedure": self._invited(tx, draft)["procedure"]}
            rows = ((Button("button.right", "e|session|right"), Button("button.change", "e|session|change")),)
            return Say("enrol.session", facts, rows)
        if step == "session_day":
            return Say("enrol.session_day", {}, day_buttons("e|day", now.astimezone(zone).date()))
        if step == "session_time":
            return Say("enrol.session_time", {}, time_buttons("e|time", SESSION_TIMES))
        if step == "zone":
            facts = {"zone": zone.key, "now": now.astimezone(zone)}
            rows = ((Button("button.zone_keep", "e|zone|keep"), Button("button.zone_other", "e|zone|other")),)
            return Say("enrol.zone", facts, rows)
        if step == "zone_pick":
            return Say("enrol.zone_pick", {}, zone_buttons("e|zone", self._desk.library.clinic.zones))
        return Say("enrol.hour", {}, time_buttons("e|hour", HOURS, words="button.hour"))

    def _invited(self, tx: Writes, draft: dict[str, Any]) -> Row:
        invitation = invitations.by_id(tx, draft["invitation"])
        assert invitation is not None
        return invitation

    def _session(self, tx: Writes, draft: dict[str, Any]) -> datetime:
        told = draft.get("session_at")
        return datetime.fromisoformat(told) if told else moment(self._invited(tx, draft)["session_at"])

    async def press(self, heard: Incoming) -> None:
        """A button of one of the steps; buttons of other steps than the open one do nothing."""
        desk = self._desk
        _, step, value = heard.data.split("|", 2)

        def work(tx: Writes, now: datetime) -> None:
            patient = people.by_chat(tx, heard.chat_id)
            asked, draft = people.asking(patient) if patient is not None else ("", {})
            if patient is not None and STEPS.get(asked) == step:
                self._take(tx, heard, patient, step, value, draft, now)

        await desk.carry_out(heard, work)

    def _take(
        self,
        tx: Writes,
        heard: Incoming,
        patient: Row,
        step: str,
        value: str,
        draft: dict[str, Any],
        now: datetime,
    ) -> None:
        here = heard.message_id
        zone = ZoneInfo(patient["zone"])
        if step == "lang":
            people.change(tx, patient["id"], lang=self._desk.language(value))
            self._ask(tx, patient, "consent", draft, now, instead_of=here)
        elif step == "consent":
            self._consent(tx, patient, value == "yes", draft, now, here)
        elif step == "session":
            self._ask(tx, patient, "zone" if value == "right" else "session_day", draft, now, instead_of=here)
        elif step == "day":
            self._ask(tx, patient, "session_time", {**draft, "day": value}, now, instead_of=here)
        elif step == "time":
            told = instant(date.fromisoformat(draft["day"]), time.fromisoformat(value), zone)
            self._told(tx, patient, told, draft, now, here)
        elif step == "zone" and value == "other":
            self._ask(tx, patient, "zone_pick", draft, now, instead_of=here)
        elif step == "zone":
            if value != "keep":
                people.change(tx, patient["id"], zone=value)
            self._ask(tx, patient, "hour", draft, now, instead_of=here)
        elif step == "hour":
            people.change(tx, patient["id"], hour=value)
            self._begin(tx, patient, draft, now, here)

    def _consent(
        self, tx: Writes, patient: Row, accepted: bool, draft: dict[str, Any], now: datetime, here: int
    ) -> None:
        version = self._desk.library.say("consent.version", patient["lang"], {}).html
        people.consented(tx, patient["id"], version, accepted, now)
        if accepted:
            self._ask(tx, patient, "session", draft, now, instead_of=here)
            return
        people.ask(tx, patient["id"], "")
        words = "enrol.declined"
        if people.episodes(tx, patient["id"]):
            planning.stop(tx, patient["id"], now)
            words = "stop.done"
        self._desk.to_patient(tx, patient, Say(words), now, instead_of=here)

    def _told(self, tx: Writes, patient: Row, told: datetime, draft: dict[str, Any], now: datetime, here: int) -> None:
        if told > now:
            self._desk.to_patient(tx, patient, Say("enrol.session_future"), now)
            self._ask(tx, patient, "session_day", draft, now)
            return
        kept = {"invitation": draft["invitation"], "session_at": told.astimezone(UTC).isoformat()}
        self._ask(tx, patient, "session", kept, now, instead_of=here)

    def expects(self, patient: Row, text: str) -> bool:
        """Whether words in this chat are about the question of ours that is open."""
        asked, _ = people.asking(patient)
        return (asked in TYPED and bool(self._place(text, patient))) or self.asks_first(self._desk.store.read, patient)

    def _place(self, text: str, patient: Row) -> str:
        """The zone that somebody typed: its own name, or what the patient's language calls one of the buttons."""
        library, wanted = self._desk.library, text.strip().casefold()
        named = ((zone, Button("button.zone", facts={"zone": zone})) for zone in library.clinic.zones)
        labels = {library.label(button, patient["lang"], {}).casefold(): zone for zone, button in named}
        return labels.get(wanted) or known_zone(text)

    def asks_place(self, patient: Row) -> bool:
        """Whether the open question is which place has the patient's time."""
        return people.asking(patient)[0] in TYPED

    async def typed(self, heard: Incoming, patient: Row) -> None:
        """Words while a question with buttons is open: a zone that was asked for, or a reminder."""
        desk = self._desk
        asked, draft = people.asking(patient)
        zone = self._place(heard.text, patient) if asked in TYPED else ""

        def work(tx: Writes, now: datetime) -> None:
            if zone and asked == "zone_pick":
                people.change(tx, patient["id"], zone=zone)
                self._ask(tx, patient, "hour", draft, now)
            elif zone:
                people.change(tx, patient["id"], zone=zone)
                people.ask(tx, patient["id"], "")
                planning.replan(tx, desk.library, patient["id"], now)
                desk.to_patient(tx, patient, Say("settings.saved"), now)
            else:
                words = "enrol.zone_unknown" if asked in TYPED else "enrol.use_buttons"
                desk.to_patient(tx, patient, Say(words), now)

        await desk.carry_out(heard, work)

    def _begin(self, tx: Writes, patient: Row, draft: dict[str, Any], now: datetime, here: int) -> None:
        """Everything is known: the episode, its whole plan, and a welcome, in this one transaction."""
        desk = self._desk
        invitation = self._invited(tx, draft)
        old = people.running(tx, patient["id"])
        if old is not None:
            people.end(tx, old["id"], "replaced", now)
            outbox.cancel_plan(tx, old["id"], "a new session began")
            self._close_questions(tx, patient, now)
        people.ask(tx, patient["id"], "")
        people.change(tx, patient["id"], stopped=0, paused_until=None, failures=0)
        fresh = people.by_id(tx, patient["id"])
        assert fresh is not None
        upcoming = invitation["next_session"]
        episode_id = people.begin(
            tx,
            patient["id"],
            procedure=invitation["procedure"],
            session_at=self._session(tx, draft),
            zone=ZoneInfo(fresh["zone"]),
            next_session=date.fromisoformat(upcoming) if upcoming else None,
            types=people.types_of(invitation),
            now=now,
        )
        planning.plan(tx, desk.library, episode_id, now)
        self._welcome(tx, fresh, episode_id, old is not None, now, here)

    def _close_questions(self, tx: Writes, patient: Row, now: datetime) -> None:
        """What was asked about the session before is asked no more."""
        for question in checkins.under_way(tx, patient["id"]):
            asking.close(tx, patient, question["id"], now)
        checkins.stop(tx, patient["id"])

    def _welcome(self, tx: Writes, patient: Row, episode_id: int, again: bool, now: datetime, here: int) -> None:
        desk = self._desk
        episode = people.episode(tx, episode_id)
        noun = people.patient_of(patient)
        hour = within(noun.hour, desk.library.clinic.quiet)
        answer = Say("enrol.hour_chosen", {"when": datetime.combine(date.min, hour)})
        desk.to_patient(tx, patient, answer, now, instead_of=here)
        if again:
            desk.to_patient(tx, patient, Say("enrol.replaced"), now, episode=episode)
        facts = {"first_hour": f"{hour:%H:%M}"}
        desk.to_patient(tx, patient, Say("enrol.done", facts, keyboard=KEYBOARD), now, episode=episode)
        scanned = Say("enroll.scanned", {"case": patient["case_number"]})
        flagging.to_staff(tx, desk.room(), scanned, now)


def enrolling(patient: Row) -> bool:
    """Whether a question of enrolment is open."""
    return people.asking(patient)[0] in STEPS


def without_plan(patient: Row) -> Say:
    """What somebody is told who has no plan."""
    return Say("plan.stopped" if patient["stopped"] else "plan.nothing")


def day_buttons(prefix: str, today: date, back: int = 7) -> Rows:
    """Today, yesterday and the days before as buttons."""
    days = [today - timedelta(days=n) for n in range(back + 1)]
    named = {0: "button.today", 1: "button.yesterday"}
    buttons = [
        Button(named.get(n, "button.date"), f"{prefix}|{day.isoformat()}", {"when": f"{day.isoformat()}T00:00"})
        for n, day in enumerate(days)
    ]
    return tuple(tuple(buttons[n : n + 2]) for n in range(0, len(buttons), 2))


def time_buttons(prefix: str, times: tuple[time, ...], words: str = "button.time") -> Rows:
    """Times of day as buttons, four in a row."""
    buttons = [Button(words, f"{prefix}|{t:%H:%M}", {"when": f"2000-01-01T{t:%H:%M}"}) for t in times]
    return tuple(tuple(buttons[n : n + 4]) for n in range(0, len(buttons), 4))


def zone_buttons(prefix: str, zones: tuple[str, ...]) -> Rows:
    """Time zones as buttons, two in a row."""
    buttons = [Button("button.zone", f"{prefix}|{zone}", {"zone": zone}) for zone in zones]
    return tuple(tuple(buttons[n : n + 2]) for n in range(0, len(buttons), 2))


def known_zone(text: str) -> str:
    """The IANA zone that somebody typed, such as "europe/madrid" or "Madrid"; '' when there is none."""
    wanted = "_".join(text.strip().split()).lower()
    names = sorted(available_timezones())
    whole = next((name for name in names if name.lower() == wanted), "")
    return whole or next((name for name in names if "/" in name and name.rsplit("/", 1)[1].lower() == wanted), "")
