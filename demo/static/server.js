// Talking to the server: what people do is posted, what became of it comes back as a new state.

import { $ } from "./dom.js";

const FAULTS = {
  bad_request: "That could not be sent.",
  busy: "The clock is already moving.",
  no_invitation: "That code is no longer there.",
  no_plan: "There is no plan to play. Enrol a patient first.",
  nobody: "That phone is no longer there.",
  not_here: "This page only works on the machine that runs the demo.",
  nothing_due: "Nothing is waiting to go out.",
  refused: "That no longer works. The button or message may be gone.",
};

let hear = { state: () => {}, clock: () => {} };
let fetching = false;
let again = false;
let stream = null;
let waiting = 0;
let wait = 1000;

export async function post(deed, body = {}) {
  let answer;
  try {
    const headers = { "Content-Type": "application/json" };
    answer = await fetch(`/demo/${deed}`, { method: "POST", headers, body: JSON.stringify(body) });
  } catch {
    gone(true);
    return null;
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    note(FAULTS[told.error] || "That did not work. Please try again.");
    return null;
  }
  await refresh();
  return told;
}

async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    do {
      again = false;
      const answer = await fetch("/demo/state");
      if (!answer.ok) throw new Error(`state ${answer.status}`);
      hear.state(await answer.json());
    } while (again);
  } catch (fault) {
    gone(true);
    if (!(fault instanceof TypeError)) throw fault;
  } finally {
    fetching = false;
  }
}

/** Follow the server; `hears.state` gets every state, `hears.clock` the clock before it. */
export function follow(hears) {
  hear = hears;
  connect();
}

export function connect() {
  clearTimeout(waiting);
  if (stream) stream.close();
  stream = new EventSource("/demo/events");
  stream.onopen = () => {
    wait = 1000;
    gone(false);
    refresh();
  };
  stream.addEventListener("change", (event) => {
    hear.clock(JSON.parse(event.data).clock);
    refresh();
  });
  stream.onerror = () => {
    stream.close();
    gone(true);
    clearTimeout(waiting);
    waiting = setTimeout(connect, wait);
    wait = Math.min(wait * 1.5, 5000);
  };
}

function gone(is) {
  $("gone").hidden = !is;
}

let noteTimer = 0;
export function note(text) {
  $("note").textContent = text;
  $("note").hidden = false;
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => { $("note").hidden = true; }, 4000);
}
