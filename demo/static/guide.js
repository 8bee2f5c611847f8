// The four steps at the top, which tick themselves off.

import { enrol, going, scan, suggest } from "./deeds.js";
import { $, all, button, el, icon, narrow } from "./dom.js";
import { post } from "./server.js";
import { demo, latestCode, patient } from "./shown.js";

const IDEAS = ["there is yellow stuff coming out of my cheek", "can I wear makeup?", "I can't breathe", "me sale pus"];

function steps() {
  const { invited, enrolled, played, wrote } = demo.state.guide;
  return [invited, enrolled, played && !(demo.state.clock.playing && !wrote), wrote];
}

export function drawGuide() {
  const done = steps();
  const here = done.indexOf(false) + 1;
  for (const li of all("#steps li")) {
    const number = Number(li.dataset.step);
    const is = done[number - 1];
    li.className = is ? "done" : number === here ? "here" : "";
    if (number === here) li.setAttribute("aria-current", "step");
    else li.removeAttribute("aria-current");
    const dot = li.querySelector(".dot");
    if (is !== (dot.dataset.done === "1")) {
      dot.dataset.done = is ? "1" : "";
      dot.replaceChildren(is ? icon("tick") : String(number));
    }
  }
  const begun = [patient(), demo.state.staff].map((chat) => chat.messages.length > 0);
  const print = JSON.stringify([here, demo.state.guide, demo.state.clock.playing, demo.patientId, begun]);
  if ($("step-now").dataset.print === print) return;
  const first = $("step-now").dataset.here !== String(here);
  $("step-now").dataset.print = print;
  $("step-now").dataset.here = String(here);
  $("step-now").replaceChildren(...stepNow(here));
  if (here === 4 && first && narrow.matches) demo.phones.patient.openIdeas(true);
}

function stepNow(here) {
  const text = (words) => el("p", {}, words);
  const { name } = patient();
  const toPhone = going("patient", `${name}'s phone`);
  if (here === 1 && demo.state.staff.messages.length) {
    return [text("Answer the bot on the clinic's phone until the code appears.")];
  }
  if (here === 1) {
    const ask = button("Enrol a patient", enrol, { kind: "main", sign: "enrol" });
    return [text("You are the clinic. Ask the bot for a code."), ask];
  }
  if (here === 2 && !demo.state.guide.scanned) {
    const point = button("Scan the code", () => scan(latestCode()), { kind: "main", sign: "scan" });
    return [text("Now you are the patient. Point your phone at the code."), point];
  }
  if (here === 2) return [text(`Tap through the bot's questions on ${name}'s phone.`), toPhone];
  if (here === 3 && demo.state.clock.playing) {
    return [text("Time is passing. Watch the phones."), button("Stop", () => post("stop"), { sign: "stop" })];
  }
  if (here === 3) {
    const play = button("Play to day 4", playToDay4, { kind: "main", sign: "play" });
    return [text("Skip ahead. The clock plays the whole month."), play];
  }
  if (here === 4) return [text(`Something is wrong. As ${name}, write:`), ideaChips(), toPhone];
  const hide = button("Hide", () => openGuide(false), { kind: "quiet" });
  const done = text("The clinic has it. Press the card's buttons, or tap it to reply.");
  return [done, going("staff", "Clinic's phone"), hide];
}

function playToDay4() {
  const day = patient().day;
  return post("play", { days: Math.max(1, 4 - (day ?? 0)) });
}

export function ideaChips() {
  return el("div", { className: "chips" }, ...IDEAS.map((idea) => button(idea, () => suggest(idea))));
}

export function openGuide(open) {
  $("guide").hidden = !open;
  $("guide-toggle").setAttribute("aria-expanded", String(open));
  if (!open) $("guide-toggle").focus();
}
