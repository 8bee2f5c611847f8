// What one can do from more than one place of the page.

import { all, button } from "./dom.js";
import { drawBadges } from "./badges.js";
import { note, post } from "./server.js";
import { demo, patient } from "./shown.js";

const START_LINK = /^https?:\/\/(?:t|telegram)\.me\/\w+\/?\?start=/;

export function look(at) {
  demo.view = at;
  document.body.dataset.view = at;
  for (const tab of all(".tabs button")) tab.setAttribute("aria-current", String(tab.dataset.view === at));
  if (at in demo.phones) demo.phones[at].toBottom();
  drawBadges();
}

export function choosePatient(id) {
  demo.patientId = id;
  demo.draw();
  demo.phones.patient.toBottom();
}

export async function enrol() {
  look("staff");
  await post("enrol", { who: demo.nurseId });
}

/** The patient in hand scans if their chat is still empty, else somebody new. */
export async function scan(message) {
  const who = patient().messages.length ? null : demo.patientId;
  const told = await post("scan", { message_id: message.message_id, who });
  if (!told) return;
  choosePatient(told.who);
  look("patient");
  note(`${patient().name}'s phone has read the code.`);
}

export const scanLabel = () => patient().messages.length ? "Scan with another phone" : `Scan with ${patient().name}'s phone`;

export async function anotherPatient() {
  const told = await post("patient");
  if (!told) return;
  choosePatient(told.who);
  look("patient");
}

export async function suggest(text) {
  look("patient");
  demo.phones.patient.openIdeas(false);
  await post("say", { who: demo.patientId, text });
}

export function openLink(url, message) {
  if (START_LINK.test(url) && message.invitation) scan(message);
  else note(`In Telegram, this opens ${url}`);
}

/** A way to the other phone, for screens that show one at a time. */
export function going(to, label) {
  const node = button(label, () => look(to), { kind: "main small-label" });
  node.dataset.goes = to;
  return node;
}
