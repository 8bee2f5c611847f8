"""/start, /plan, /settings, /help, /stop, /mydata, /forget and the buttons that belong to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.desk import KEYBOARD, Desk
from bot.enrolment import HOURS, Enrolment, enrolling, time_buttons, without_plan, zone_buttons
from care.cards import who
from care.channel import Incoming
from care.model import Button, Say
from store import audit, checkins, flagging, flags, outbox, people, planning
from store.seam import Row, Writes, moment, stamp

PAUSES = (1, 3, 7)
"""Days for which care messages can be paused."""
Step = Callable[[Writes, Row, Row | None, datetime], None]


class Commands:
    """What a patient can ask for by name."""

    def __init__(self, desk: Desk, enrolment: Enrolment) -> None:
        self._desk, self._enrolment = desk, enrolment
        self._steps: dict[str, Step] = {
            "plan": self._plan,
            "settings": self._settings,
            "help": self._help,
            "stop": self._stop,
            "mydata": self._mydata,
            "forget": self._forget,
        }

    async def command(self, heard: Incoming, name: str, rest: str) -> None:
        """One command; an unknown one gets the help text."""
        if name == "start":
            await self._enrolment.start(heard, rest)
            return
        step = self._steps.get(name, self._help)
        desk = self._desk

        def work(tx: Writes, now: datetime) -> None:
            patient = people.by_chat(tx, heard.chat_id)
            if patient is None:
                desk.to_stranger(tx, heard, Say("help.stranger"), now)
            else:
                checkins.settle(tx, patient["id"])
                episode = people.running(tx, patient["id"])
                if episode is None and name in ("plan", "settings") and self._enrolment.asks_first(tx, patient):
                    self._enrolment.again(tx, heard, patient, now)
                else:
                    step(tx, patient, episode, now)

        await desk.carry_out(heard, work)

    def _help(self, tx: Writes, patient: Row, episode: Row | None, now: datetime) -> None:
        self._desk.to_patient(tx, patient, Say("help.text", keyboard=KEYBOARD), now, episode=episode)

    def _plan(self, tx: Writes, patient: Row, episode: Row | None, now: datetime) -> None:
        desk = self._desk
        if episode is None:
            desk.to_patient(tx, patient, without_plan(patient), now)
            return
        zone = ZoneInfo(patient["zone"])
        own = {"procedure": episode["procedure"]}
        rows = [
            {
                "title": desk.library.say(f"title.{row['planned']}", patient["lang"], own).html,
                "at": moment(row["sent_at"] or row["due_at"]).astimezone(zone),
                "state": row["state"],
            }
            for row in outbox.planned(tx, episode["id"])
        ]
        open_states = ("waiting", "claimed", "handed")
        noun = people.episode_of(episode)
        facts = {
            "came": [row for row in rows if row["state"] not in open_states],
            "comes": [row for row in rows if row["state"] in open_states],
            "ends": (noun.session_at + timedelta(days=desk.procedure(episode).last_day)).astimezone(zone),
        }
        desk.to_patient(tx, patient, Say("plan.timeline", facts), now, episode=episode)
        if patient["paused_until"] and patient["paused_until"] > stamp(now):
            until = moment(patient["paused_until"]).astimezone(zone)
            desk.to_patient(tx, patient, Say("plan.paused", {"until": until}), now, episode=episode)

    def _settings(self, tx: Writes, patient: Row, episode: Row | None, now: datetime) -> None:
        self._desk.to_patient(tx, patient, self._menu(patient, episode, now), now, episode=episode)

    def _menu(self, patient: Row, episode: Row | None, now: datetime) -> Say:
        paused = patient["paused_until"] if patient["paused_until"] and patient["paused_until"] > stamp(now) else 0
        zone = ZoneInfo(patient["zone"])
        facts = {
            "lang_name": self._desk.library.say(f"language.{patient['lang']}", patient["lang"], {}).html,
            "hour": patient["hour"],
            "zone": patient["zone"],
            "paused_until": moment(paused).astimezone(zone) if paused else None,
        }
        pause = Button("button.settings_resume", "s|resume") if paused else Button("button.settings_pause", "s|pause")
        language = (Button("button.settings_language", "s|language"),) if len(self._desk.library.languages) > 1 else ()
        rows = (
            (*language, Button("button.settings_hour", "s|hour")),
            (Button("button.settings_zone", "s|zone"), *((pause,) if episode is not None else ())),
        )
        return Say("settings.menu", facts, rows)

    def _stop(self, tx: Writes, patient: Row, episode: Row | None, now: datetime) -> None:
        if episode is None and not enrolling(patient):
            self._desk.to_patient(tx, patient, without_plan(patient), now)
            return
        rows = ((Button("button.stop_yes", "x|stop|yes"),), (Button("button.stop_no", "x|stop|no"),))
        self._desk.to_patient(tx, patient, Say("stop.ask", {}, rows), now, episode=episode)

    def _mydata(self, tx: Writes, patient: Row, episode: Row | None, now: datetime) -> None:
        self._desk.to_patient(tx, patient, Say("mydata.caption"), now, episode=episode, form="data")

    def _forget(self, tx: Writes, patient: Row, episode: Row | None, now: datetime) -> None:
        rows = ((Button("button.forget_yes", "x|forget|yes"),), (Button("button.forget_no", "x|forget|no"),))
        self._desk.to_patient(tx, patient, Say("forget.ask", {}, rows), now, episode=episode)

    async def press(self, heard: Incoming) -> None:
        """A button of the settings, or the second tap of /stop and /forget."""
        desk = self._desk

        def work(tx: Writes, now: datetime) -> None:
            patient = people.by_chat(tx, heard.chat_id)
            if patient is None:
                return
            door, _, rest = heard.data.partition("|")
            if door == "s":
                self._setting(tx, heard, patient, rest, now)
            elif door == "x":
                self._second_tap(tx, heard, patient, rest, now)

        await desk.carry_out(heard, work)
        if heard.data == "x|forget|yes":
            await desk.store.wipe()

    def _setting(self, tx: Writes, heard: Incoming, patient: Row, rest: str, now: datetime) -> None:
        what, _, value = rest.partition("|")
        say = self._choice(what, now) if not value else self._chosen(tx, patient, what, value, now)
        if what in ("pause", "resume") and people.running(tx, patient["id"]) is None:
            say = without_plan(patient)
        elif what == "resume":
            say = self._resume(tx, patient, now)
        if not enrolling(patient):
            people.ask(tx, patient["id"], "settings_zone" if what == "zone" and not value else "")
        if value:
            planning.replan(tx, self._desk.library, patient["id"], now)
        fresh = people.by_id(tx, patient["id"])
        assert fresh is not None
        self._desk.to_patient(tx, fresh, say, now, instead_of=heard.message_id)
        if what == "language" and value:
            # The buttons below the text field speak the old language until new ones are sent.
            self._help(tx, fresh, people.running(tx, patient["id"]), now)

    def _choice(self, what: str, now: datetime) -> Say:
        if what == "hour":
            return Say("settings.hour", {}, time_buttons("s|hour", HOURS, words="button.hour"))
        if what == "zone":
            return Say("settings.zone", {}, zone_buttons("s|zone", self._desk.library.clinic.zones))
        if what == "language":
            languages = self._desk.library.languages
            return Say(
                "settings.language",
                {},
                tuple((Button(f"language.{x}", f"s|language|{x}"),) for x in languages),
            )
        row = tuple(Button("button.pause_days", f"s|pause|{n}", {"days": n}) for n in PAUSES)
        return Say("settings.pause", {}, (row,))

    def _chosen(self, tx: Writes, patient: Row, what: str, value: str, now: datetime) -> Say:
        if what == "hour":
            people.change(tx, patient["id"], hour=time.fromisoformat(value).isoformat("minutes"))
        elif what == "zone":
            people.change(tx, patient["id"], zone=ZoneInfo(value).key)
        elif what == "language":
            people.change(tx, patient["id"], lang=self._desk.language(value))
        elif what == "pause":
            # To the hour, so that a message of that hour still goes out in time.
            until = (now + timedelta(days=int(value))).replace(minute=0, second=0, microsecond=0)
            people.change(tx, patient["id"], paused_until=stamp(until))
            return Say("settings.paused", {"until": until.astimezone(ZoneInfo(patient["zone"]))})
        return Say("settings.saved")

    def _resume(self, tx: Writes, patient: Row, now: datetime) -> Say:
        people.change(tx, patient["id"], paused_until=None)
        tx.run(
            "UPDATE outgoing SET due_at = min(due_at, ?) WHERE patient_id = ? AND state = 'waiting'"
            " AND planned IS NOT NULL AND due_at = ?",
            (stamp(now), patient["id"], patient["paused_until"] or 0),
        )
        return Say("settings.resumed")

    def _second_tap(self, tx: Writes, heard: Incoming, patient: Row, rest: str, now: datetime) -> None:
        if rest == "stop|yes":
            self._stopped(tx, heard, patient, now)
        elif rest == "forget|yes":
            self._forgotten(tx, heard, patient, now)
        else:
            say = self._kept(tx, patient) if rest.startswith("stop") else Say("forget.cancelled")
            self._desk.to_patient(tx, patient, say, now, instead_of=heard.message_id)

    def _kept(self, tx: Writes, patient: Row) -> Say:
        """The answer to "No, keep them": another tap may have stopped them before."""
        goes_on = people.running(tx, patient["id"]) is not None or enrolling(patient)
        return Say("stop.cancelled") if goes_on else without_plan(patient)

    def _stopped(self, tx: Writes, heard: Incoming, patient: Row, now: datetime) -> None:
        people.ask(tx, patient["id"], "")
        planning.stop(tx, patient["id"], now)
        self._desk.to_patient(tx, patient, Say("stop.done"), now, instead_of=heard.message_id)

    def _forgotten(self, tx: Writes, heard: Incoming, patient: Row, now: datetime) -> None:
        desk = self._desk
        people.forget(tx, patient["id"])
        audit.note(tx, "patient", "erased", f"patient {patient['id']}", now)
        outbox.put(
            tx,
            Say("forget.done", keyboard=()),
            chat_id=heard.chat_id,
            lang=patient["lang"],
            due=now,
        )
        flagging.to_staff(tx, desk.room(), Say("staff.forgotten", {"case": patient["case_number"]}), now)

    def keep_phone(self, tx: Writes, patient: Row, phone: str, now: datetime) -> None:
        """Keep a shared number, and show it under the open flag's card."""
        desk = self._desk
        people.change(tx, patient["id"], phone=phone)
        desk.to_patient(tx, patient, Say("call.thanks", keyboard=KEYBOARD), now)
        standing = flags.unresolved(tx, patient["id"]) or flags.task(tx, patient["id"])
        if standing is not None:
            facts = {"who": who(patient, desk.library.clinic), "phone": phone}
            flagging.under_card(tx, desk.room(), Say("staff.phone_shared", facts), standing["id"], now)
