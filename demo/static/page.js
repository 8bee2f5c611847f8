// The whole page: one state from the server, drawn as two phones, a clock and a guide.

import { drawBadges } from "./badges.js";
import { clockDeed, drawClock } from "./clock.js";
import { look } from "./deeds.js";
import { $, all, narrow } from "./dom.js";
import { drawGuide, ideaChips, openGuide } from "./guide.js";
import { Phone } from "./phone.js";
import { connect, follow } from "./server.js";
import { demo, lastId, nurse, patient } from "./shown.js";

let toastsShown = null;
function drawToasts() {
  if (toastsShown === null || toastsShown > demo.state.toasts.length) toastsShown = demo.state.toasts.length;
  for (const toast of demo.state.toasts.slice(toastsShown)) {
    if (!toast.text) continue;
    const nursed = demo.state.staff.people.find((one) => one.id === toast.who);
    if (nursed) demo.phones.staff.toasts.add(toast);
    else if (toast.who === demo.patientId) demo.phones.patient.toasts.add(toast);
  }
  toastsShown = demo.state.toasts.length;
}

function draw() {
  demo.phones.patient.draw();
  demo.phones.staff.draw();
  drawClock(demo.state.clock);
  drawGuide();
  drawBadges();
  const mute = patient().blocked || !patient().messages.length;
  for (const chip of all(".chips button")) chip.disabled = mute;
  $("try").hidden = mute;
}

function show(fresh) {
  const first = demo.state === null;
  demo.state = fresh;
  if (!patient()) demo.patientId = demo.state.patients.at(-1).id;
  if (!nurse()) demo.nurseId = demo.state.staff.people[0].id;
  if (first) {
    for (const one of demo.state.patients) demo.phones.patient.seen.set(one.id, lastId(one));
    demo.phones.staff.seen.set(demo.state.staff.id, lastId(demo.state.staff));
    look(patient().messages.length ? "patient" : "staff");
  }
  draw();
  drawToasts();
}

function dark() {
  const set = document.documentElement.dataset.theme;
  return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function drawTheme() {
  $("theme").setAttribute("aria-pressed", String(dark()));
}

function keepTheme(theme) {
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // A browser that keeps nothing still shows the colours until it is closed.
  }
}

function keptTheme() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

demo.draw = draw;
demo.phones = { patient: new Phone("patient"), staff: new Phone("staff") };

if (keptTheme()) document.documentElement.dataset.theme = keptTheme();
drawTheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawTheme);
narrow.addEventListener("change", () => demo.state && draw());
for (const box of all("[data-ideas]")) box.append(...ideaChips().childNodes);
for (const node of all("[data-do]")) node.addEventListener("click", () => clockDeed(node.dataset.do));
for (const tab of all(".tabs button")) tab.addEventListener("click", () => look(tab.dataset.view));
$("now-chip").addEventListener("click", () => {
  if (narrow.matches) look("clock");
  else document.querySelector(".clock-keys button:not(:disabled)")?.focus();
});
$("guide-toggle").addEventListener("click", () => openGuide($("guide").hidden));
$("retry").addEventListener("click", connect);
$("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = dark() ? "light" : "dark";
  keepTheme(document.documentElement.dataset.theme);
  drawTheme();
});
follow({ state: show, clock: (clock) => demo.state && drawClock(clock) });
