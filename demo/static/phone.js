"use strict";
// One state from the server, drawn as two phones and a clock. Nothing here decides anything:
// what people do is posted, and what became of it comes back with the next state.

const IDEAS = ["there is yellow stuff coming out of my cheek", "can I wear makeup?", "I can't breathe", "me sale pus"];
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
const KINDS = {
  voice: "Voice message", audio: "Audio", video: "Video", video_note: "Video message", animation: "GIF", document: "File",
  sticker: "Sticker", location: "Location", contact: "Phone number shared",
};
const TAGS = new Set(["B", "STRONG", "I", "EM", "U", "S", "CODE", "PRE", "BLOCKQUOTE"]);
const START_LINK = /^https?:\/\/(?:t|telegram)\.me\/\w+\/?\?start=/;
const TOGETHER_SECONDS = 600;
const NEAR_BOTTOM = 60;
const PEEK = 44;

const $ = (id) => document.getElementById(id);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const narrow = matchMedia("(max-width: 1039px)");

let state = null;
let view = "staff";
let patientId = null;
let nurseId = null;

// ---- small pieces of DOM

function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

function button(label, act, { kind = "", sign = "" } = {}) {
  return el("button", { type: "button", className: kind, onclick: act }, sign ? icon(sign) : null, label);
}

function face(name, bot = false) {
  const letters = name.split(/\s+/).map((word) => word[0] || "").slice(0, 2).join("").toUpperCase();
  const tint = bot ? "bot" : [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
  const node = el("span", { className: "face", "aria-hidden": "true" }, bot ? icon("heart") : letters);
  node.dataset.tint = tint;
  return node;
}

/** Formatted words, rebuilt from a whitelist: unknown tags leave only their text. */
function words(html) {
  const copy = (from, to) => {
    for (const child of from.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) to.append(child.data);
      else if (child.nodeType === Node.ELEMENT_NODE) to.append(copy(child, wrap(child)));
    }
    return to;
  };
  const wrap = (child) => {
    if (TAGS.has(child.tagName)) return document.createElement(child.tagName);
    const href = child.tagName === "A" ? child.getAttribute("href") || "" : "";
    if (!/^(https?|tel|mailto|tg):/i.test(href)) return document.createDocumentFragment();
    return el("a", { href, target: "_blank", rel: "noopener noreferrer" });
  };
  return copy(new DOMParser().parseFromString(html, "text/html").body, document.createDocumentFragment());
}

/**
 * Makes the children of `box` those of `wanted` ({key, print, make, pulse}): those with the same print stay
 * untouched, and one whose pulse has changed lights up for a moment.
 */
function reconcile(box, wanted, animate) {
  const had = new Map([...box.children].map((node) => [node.dataset.key, node]));
  let place = box.firstChild;
  for (const { key, print, make, pulse } of wanted) {
    let node = had.get(key);
    had.delete(key);
    if (!node || node.print !== print) {
      const old = node;
      const held = old && old.contains(document.activeElement);
      node = make();
      node.dataset.key = key;
      node.print = print;
      node.pulse = pulse;
      if (animate && !old) node.classList.add("fresh");
      if (animate && old && old.pulse !== pulse) node.classList.add("flash");
      if (old) {
        if (place === old) place = old.nextSibling;
        old.replaceWith(node);
        if (held) (node.querySelector(".inline button") || node).focus({ preventScroll: true });
      }
    }
    if (node === place) place = place.nextSibling;
    else box.insertBefore(node, place);
  }
  for (const node of had.values()) node.remove();
}

// ---- dates and times, as the demo's clock and zone have them

const formats = new Map();
function format(moment, options) {
  const key = JSON.stringify([state.zone, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: state.zone, ...options }));
  return formats.get(key).format(moment).replace(",", "");
}
const clockOf = (moment) => format(moment, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dateOf = (moment) => format(moment, { weekday: "long", day: "numeric", month: "long" });
const dayMonth = (moment) => format(moment, { day: "numeric", month: "short" });
const shortDate = (moment) => format(moment, { weekday: "short", day: "numeric", month: "short" });

function ahead(now, then) {
  const minutes = Math.round((then - now) / 60000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `in ${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `in ${hours} h`;
  return `in ${Math.round(hours / 24)} days`;
}

// ---- talking to the server

let fetching = false;
let again = false;
let stream = null;
let waiting = 0;
let wait = 1000;

async function post(deed, body = {}) {
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
      show(await answer.json());
    } while (again);
  } catch (fault) {
    gone(true);
    if (!(fault instanceof TypeError)) throw fault;
  } finally {
    fetching = false;
  }
}

function connect() {
  clearTimeout(waiting);
  if (stream) stream.close();
  stream = new EventSource("/demo/events");
  stream.onopen = () => {
    wait = 1000;
    gone(false);
    refresh();
  };
  stream.addEventListener("change", (event) => {
    if (state) drawClock(JSON.parse(event.data).clock);
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
function note(text) {
  $("note").textContent = text;
  $("note").hidden = false;
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => { $("note").hidden = true; }, 4000);
}

// ---- what one can do from more than one place

const patient = () => state.patients.find((one) => one.id === patientId);
const nurse = () => state.staff.people.find((one) => one.id === nurseId);
const latestCode = () => state.staff.messages.filter((one) => one.invitation).at(-1);

function look(at) {
  view = at;
  document.body.dataset.view = at;
  for (const tab of all(".tabs button")) tab.setAttribute("aria-current", String(tab.dataset.view === at));
  if (at in phones) phones[at].toBottom();
  drawBadges();
}

function choosePatient(id) {
  patientId = id;
  draw();
  phones.patient.toBottom();
}

async function enrol() {
  look("staff");
  await post("enrol", { who: nurseId });
}

/** The patient in hand scans if their chat is still empty, else somebody new. */
async function scan(message) {
  const who = patient().messages.length ? null : patientId;
  const told = await post("scan", { message_id: message.message_id, who });
  if (!told) return;
  choosePatient(told.who);
  look("patient");
  note(`${patient().name}'s phone has read the code.`);
}

const scanLabel = () => patient().messages.length ? "Scan with another phone" : `Scan with ${patient().name}'s phone`;

async function anotherPatient() {
  const told = await post("patient");
  if (!told) return;
  choosePatient(told.who);
  look("patient");
}

async function suggest(text) {
  look("patient");
  phones.patient.openIdeas(false);
  await post("say", { who: patientId, text });
}

function follow(url, message) {
  if (START_LINK.test(url) && message.invitation) scan(message);
  else note(`In Telegram, this opens ${url}`);
}

// ---- one phone

class Phone {
  constructor(role) {
    this.role = role;
    this.device = document.querySelector(`[data-phone="${role}"]`);
    this.device.querySelector(".phone").append($("phone-inside").content.cloneNode(true));
    const part = (selector) => this.device.querySelector(selector);
    Object.assign(this, {
      log: part(".log"), empty: part(".empty"), latest: part(".latest"), toastBox: part(".toast"), alertBox: part(".alert"),
      form: part(".write"), field: part("textarea"), send: part(".send"), keys: part(".write .keys"), board: part(".keyboard"),
      answering: part(".answering"), ideas: part(".ideas"), idea: part(".idea"), menu: part(".menu"), more: part(".more"),
      people: part(".people"),
    });
    this.chatKey = null;
    this.seen = new Map();
    this.stuck = true;
    this.top = 0;
    this.anchor = null;
    this.boardOpen = true;
    this.replyTo = null;
    this.toasts = [];
    this.dress();
    this.listen();
  }

  get staff() { return this.role === "staff"; }
  get chat() { return this.staff ? state.staff : patient(); }
  get who() { return this.staff ? nurseId : patientId; }
  get me() { return this.staff ? nurse().name : patient().name; }
  get visible() { return !narrow.matches || view === this.role; }
  mine(message) { return !message.from_bot && message.from_name === this.me; }

  dress() {
    const label = this.staff ? "Message to the staff group" : "Message to the bot";
    this.device.querySelector(".field .unseen").textContent = label;
    this.log.setAttribute("aria-label", this.staff ? "Staff group" : "Chat with the bot");
    this.device.querySelector(".enrol").hidden = !this.staff;
    this.device.querySelector(".menu-box").hidden = this.staff;
    this.device.querySelector(".photo").hidden = this.staff;
    this.idea.hidden = this.staff;
    this.log.classList.toggle("group", this.staff);
    this.sendable();
  }

  listen() {
    const on = (selector, act) => this.device.querySelector(selector).addEventListener("click", act);
    on(".enrol", enrol);
    on(".photo", () => this.photo());
    on(".latest", () => this.toBottom());
    on(".keys", () => { this.boardOpen = !this.boardOpen; this.drawBoard(); });
    on(".idea", () => this.openIdeas(this.ideas.hidden));
    on(".more", () => this.openMenu(this.menu.hidden));
    on(".unblock", () => post("block", { who: patientId, blocked: false }));
    on(".answering button", () => this.reply(null));
    on(".alert button", () => this.nextToast());
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.say(); });
    this.field.addEventListener("input", () => this.sendable());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.say(); }
      if (event.key === "Escape") this.reply(null);
    });
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.log.addEventListener("keydown", (event) => this.walk(event));
    this.log.addEventListener("load", () => this.stick(), true);
    this.device.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      if (!this.menu.hidden) { this.openMenu(false); this.more.focus(); }
      if (!this.alertBox.hidden) this.nextToast();
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".menu-box")) this.openMenu(false);
    });
    new ResizeObserver(() => this.stick()).observe(this.log);
  }

  // -- doing

  async say() {
    const text = this.field.value.trim();
    if (!text) return;
    const reply_to = this.replyTo ? this.replyTo.message_id : null;
    this.field.value = "";
    this.reply(null);
    this.sendable();
    if (!(await post("say", { who: this.who, text, reply_to })) && !this.field.value) {
      this.field.value = text;
      this.sendable();
    }
  }

  photo() { return post("photo", { who: this.who }); }

  async press(message, choice, node) {
    if (choice.url) return follow(choice.url, message);
    node.setAttribute("aria-busy", "true");
    await post("press", { who: this.who, message_id: message.message_id, data: choice.data || choice.text });
    return node.removeAttribute("aria-busy");
  }

  reply(message) {
    this.replyTo = message;
    this.answering.hidden = !message;
    if (!message) return;
    this.answering.querySelector("b").textContent = `Reply to ${nameOf(message)}`;
    this.answering.querySelector("span").textContent = gist(message);
    this.field.focus();
  }

  sendable() {
    this.send.disabled = !this.field.value.trim();
    this.field.style.height = "auto";
    if (this.field.scrollHeight) this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  openIdeas(open) {
    this.ideas.hidden = !open;
    this.idea.setAttribute("aria-expanded", String(open));
  }

  openMenu(open) {
    this.menu.hidden = !open;
    this.more.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const { blocked, messages } = patient();
    const then = (act) => () => { this.openMenu(false); this.more.focus(); act(); };
    const block = () => post("block", { who: patientId, blocked: !blocked });
    this.menu.replaceChildren(
      button("Send a sample photo", then(() => this.photo()), { sign: "photo" }),
      button("Another patient", then(anotherPatient), { sign: "plus" }),
      button(blocked ? "Unblock the bot" : "Block the bot", then(block), { sign: "close", kind: "risky" }),
    );
    this.menu.firstChild.disabled = blocked || !messages.length;
    this.menu.querySelector("button:not(:disabled)").focus();
  }

  /** Arrow keys go from message to message; Enter replies to the one in focus. */
  walk(event) {
    const bubbles = all(".msg", this.log);
    const at = bubbles.indexOf(event.target);
    if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      bubbles[at].querySelector(".act").click();
    }
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.target.closest("button")) return;
    event.preventDefault();
    const to = at < 0 ? bubbles.length - 1 : Math.min(bubbles.length - 1, Math.max(0, at + step));
    if (bubbles[to]) bubbles[to].focus();
  }

  // -- scrolling and what has been read

  scrolled() {
    if (!this.visible) return;
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    // What grows below (a photo that loads) is no reason to let go of the end; going up is.
    if (scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM) this.stuck = true;
    else if (scrollTop < this.top) this.stuck = false;
    if (scrollTop !== this.top) this.anchor = null;
    this.top = scrollTop;
    this.read();
    drawBadges();
  }

  /** Follow the conversation; what is new and longer than the screen is shown from its beginning. */
  stick() {
    if (!this.stuck) return;
    const end = this.log.scrollHeight - this.log.clientHeight;
    const start = this.anchor && this.anchor.isConnected ? this.anchor.offsetTop - PEEK : end;
    this.log.scrollTop = Math.min(end, start);
    this.top = this.log.scrollTop;
  }

  get atEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM;
  }

  toBottom() {
    this.stuck = true;
    this.anchor = null;
    this.stick();
    this.read();
    drawBadges();
  }

  read() {
    if (this.visible && this.stuck && state) this.seen.set(this.chat.id, lastId(this.chat));
  }

  unread(chat = this.chat) {
    const seen = this.seen.get(chat.id) ?? 0;
    const others = (one) => one.message_id > seen && (one.from_bot || (this.staff && !this.mine(one)));
    return chat.messages.filter(others).length;
  }

  // -- drawing

  draw() {
    const { chat } = this;
    const same = this.chatKey === chat.id;
    const before = same ? this.last : null;
    this.drawTop();
    if (!same) this.reply(null);
    if (!same) this.log.replaceChildren();
    reconcile(this.log, this.lines(), same && this.visible);
    this.chatKey = chat.id;
    this.last = lastId(chat);
    const newest = chat.messages.at(-1);
    if (!same || (newest && before !== this.last && this.mine(newest))) this.stuck = true;
    if (before !== this.last) this.anchor = before === null ? null : this.firstAfter(before);
    this.stick();
    this.read();
    this.drawEmpty();
    this.drawBoard();
  }

  /** The first message of others that came after message `id`. */
  firstAfter(id) {
    const first = this.chat.messages.find((one) => one.message_id > id && !one.deleted && !this.mine(one));
    return first ? this.log.querySelector(`[data-key="message ${first.message_id}"]`) : null;
  }

  drawTop() {
    const { chat } = this;
    const name = this.staff ? chat.title : state.bot;
    const top = this.device.querySelector(".chat-top");
    top.querySelector(".face").replaceWith(face(name, !this.staff));
    top.querySelector("h3").textContent = name;
    const quiet = this.staff ? `${chat.people.map((one) => one.name).join(", ")} and the bot` : "bot";
    top.querySelector(".status").textContent = chat.typing ? "typing…" : quiet;
    top.querySelector(".status").classList.toggle("busy", chat.typing);
    this.drawPeople();
  }

  drawPeople() {
    const chip = (one, chosen, act) => ({
      key: String(one.id),
      print: JSON.stringify([one.name, chosen]),
      make: () => {
        const badge = el("b", { className: "badge", hidden: true });
        badge.dataset.badge = one.id;
        return el("button", { type: "button", "aria-pressed": String(chosen), onclick: act }, face(one.name), one.name, badge);
      },
    });
    if (this.staff) {
      const choose = (id) => () => { nurseId = id; draw(); };
      reconcile(this.people, state.staff.people.map((one) => chip(one, one.id === nurseId, choose(one.id))), false);
      return;
    }
    const plus = () => el(
      "button", { type: "button", className: "plus", title: "Another patient", onclick: anotherPatient },
      icon("plus"), el("span", {}, "Another patient"),
    );
    const chips = state.patients.map((one) => chip(one, one.id === patientId, () => choosePatient(one.id)));
    const many = String(state.patients.length > 2);
    reconcile(this.people, [...chips, { key: "plus", print: many, make: plus }], false);
    this.people.classList.toggle("many", state.patients.length > 2);
    const { name, day } = patient();
    $("patient-name").replaceChildren(`${name}'s phone`, day === null ? "" : el("span", { className: "day-tag" }, `Day ${day}`));
  }

  lines() {
    const shown = this.chat.messages.filter((one) => !one.deleted);
    const lines = [];
    let day = "";
    shown.forEach((message, at) => {
      const here = dateOf(message.date * 1000);
      if (here !== day) {
        const label = here;
        lines.push({ key: `day ${label}`, print: label, make: () => el("div", { className: "day" }, label) });
      }
      const joined = here === day && together(shown[at - 1], message);
      day = here;
      const next = shown[at + 1];
      const tail = !(next && dateOf(next.date * 1000) === here && together(message, next));
      const quoted = this.chat.messages.find((one) => one.message_id === message.reply_to);
      const scanning = message.invitation ? scanLabel() : "";
      lines.push({
        key: `message ${message.message_id}`,
        print: JSON.stringify([message, joined, tail, this.mine(message), quoted ? [gist(quoted), quoted.deleted] : 0, scanning]),
        pulse: JSON.stringify([message.html, message.text, message.inline]),
        make: () => this.message(message, { joined, tail, quoted }),
      });
    });
    if (this.chat.typing) lines.push({ key: "typing", print: "", make: dots });
    return lines;
  }

  message(message, { joined, tail, quoted }) {
    if (message.kind === "service") return el("div", { className: "day" }, message.text || "");
    const mine = this.mine(message);
    const classes = `msg${mine ? " mine" : ""}${joined ? " more" : ""}${tail ? " tail" : ""}`;
    const reply = el("button", { type: "button", className: "icon act", title: "Reply", tabIndex: -1, onclick: () => this.reply(message) },
      icon("reply"), el("span", { className: "unseen" }, "Reply"));
    const avatar = this.staff && !mine && tail ? face(nameOf(message), message.from_bot) : null;
    const bubble = this.bubble(message, { mine, joined, quoted });
    const node = el("article", { className: classes, tabIndex: -1 }, avatar, bubble, reply, this.inline(message));
    node.setAttribute("aria-label", `${nameOf(message)}, ${clockOf(message.date * 1000)}`);
    if (this.staff) bubble.addEventListener("click", (event) => {
      if (!event.target.closest("a, button") && !String(getSelection())) this.reply(message);
    });
    return node;
  }

  bubble(message, { mine, joined, quoted }) {
    const bubble = el("div", { className: message.photo ? "bubble pictured" : "bubble" });
    if (this.staff && !mine && !joined) bubble.append(el("div", { className: "from" }, nameOf(message)));
    if (message.reply_to) bubble.append(this.quote(quoted));
    if (message.photo) {
      const alt = message.invitation ? "QR code with the invitation" : "Photo";
      bubble.append(el("img", { src: message.photo, alt, className: message.invitation ? "code" : "" }));
    }
    if (message.document) bubble.append(file(message));
    if (message.invitation) this.scanning(bubble, message);
    const said = el("span", { className: "words" }, ...spoken(message));
    if (!said.textContent && !message.photo && !message.document) said.append(el("i", {}, KINDS[message.kind] || "Message"));
    for (const link of all("a", said)) link.addEventListener("click", (event) => {
      if (!/^https?:\/\/(t|telegram)\.me\//.test(link.href)) return;
      event.preventDefault();
      follow(link.href, message);
    });
    const time = `${message.edited ? "edited " : ""}${clockOf(message.date * 1000)}`;
    if (message.photo && !said.textContent) bubble.classList.add("bare");
    const meta = el("span", { className: "meta" }, time, mine ? icon("read") : null);
    if (message.protected) meta.title = "Cannot be forwarded or saved";
    bubble.append(said, meta);
    return bubble;
  }

  scanning(bubble, message) {
    const fresh = !message.scanned_by.length;
    bubble.append(button(scanLabel(), () => scan(message), { sign: "scan", kind: fresh ? "scan main" : "scan again" }));
    if (!fresh) bubble.append(el("div", { className: "scanned" }, icon("tick"), `Scanned by ${message.scanned_by.join(", ")}`));
  }

  quote(quoted) {
    const there = quoted && !quoted.deleted;
    const find = () => {
      const node = there && this.log.querySelector(`[data-key="message ${quoted.message_id}"]`);
      if (!node) return;
      node.scrollIntoView({ block: "center" });
      node.focus({ preventScroll: true });
    };
    const name = there ? nameOf(quoted) : "Deleted message";
    return el("button", { type: "button", className: "quote", onclick: find }, el("b", {}, name), el("span", {}, there ? gist(quoted) : ""));
  }

  inline(message) {
    const rows = message.inline || [];
    if (!rows.length) return null;
    const key = (choice) => {
      const node = button(choice.text, () => this.press(message, choice, node));
      if (choice.url) node.append(icon("link"));
      return node;
    };
    const lines = rows.map((row) => el("div", {}, ...row.map(key)));
    return el("div", { className: "inline", role: "group", "aria-label": "Buttons" }, ...lines);
  }

  drawEmpty() {
    const here = !this.chat.messages.length && !this.chat.typing;
    this.empty.hidden = !here;
    if (!here) return;
    const code = latestCode();
    const print = JSON.stringify([this.chat.id, Boolean(code), narrow.matches]);
    if (this.empty.dataset.print === print) return;
    this.empty.dataset.print = print;
    const [title, text, act] = this.staff
      ? ["The clinic's group", "Patients who need somebody show up here. It is quiet: nobody is enrolled yet.", button("Enrol a patient", enrol, { kind: "main", sign: "enrol" })]
      : code
        ? [`${this.me} is at the desk`, "The clinic shows a code. Scan it to open the chat.", button("Scan the code", () => scan(latestCode()), { kind: "main", sign: "scan" })]
        : [`${this.me} has no chat yet`, "It opens when the clinic shows a code and this phone scans it.", narrow.matches ? button("Go to the clinic's phone", () => look("staff"), { kind: "main" }) : null];
    this.empty.replaceChildren(el("div", {}, face(this.staff ? this.chat.title : this.me), el("h4", {}, title), el("p", {}, text), act));
  }

  drawBoard() {
    const blocked = Boolean(this.chat.blocked);
    const rows = blocked ? [] : this.chat.keyboard || [];
    this.form.hidden = blocked;
    this.device.querySelector(".unblock").hidden = !blocked;
    if (blocked) this.openIdeas(false);
    this.keys.hidden = !rows.length;
    this.keys.setAttribute("aria-expanded", String(this.boardOpen));
    this.board.hidden = !rows.length || !this.boardOpen;
    const shares = new Set(this.chat.contact_keys);
    const act = (label) => this.staff ? post("say", { who: nurseId, text: label }) : post("tap", { who: patientId, label });
    const key = (label) => button(label, () => act(label), { sign: shares.has(label) ? "call" : "" });
    const wanted = rows.map((row, at) => ({ key: String(at), print: JSON.stringify([row, ...shares]), make: () => el("div", {}, ...row.map(key)) }));
    reconcile(this.board, wanted, false);
    const silent = !this.staff && (blocked || !this.chat.messages.length);
    this.device.querySelector(".photo").disabled = silent;
    this.idea.disabled = silent;
    this.field.disabled = silent;
    this.field.placeholder = silent ? "Scan the code first" : "Message";
  }

  // -- what a pressed button brought up

  toast(toast) {
    this.toasts.push(toast);
    if (this.toasts.length === 1) this.showToast();
  }

  showToast() {
    const [toast] = this.toasts;
    if (!toast) return;
    if (toast.alert) {
      this.alertBox.querySelector("p").textContent = toast.text;
      this.alertBox.hidden = false;
      this.alertBox.querySelector("button").focus({ preventScroll: true });
      return;
    }
    this.toastBox.textContent = toast.text;
    this.toastBox.hidden = false;
    setTimeout(() => this.nextToast(), 3500);
  }

  nextToast() {
    const [was] = this.toasts.splice(0, 1);
    this.toastBox.hidden = this.alertBox.hidden = true;
    if (was && was.alert) this.field.focus({ preventScroll: true });
    this.showToast();
  }
}

const nameOf = (message) => message.from_bot ? state.bot : message.from_name;
const lastId = (chat) => chat.messages.reduce((most, one) => Math.max(most, one.message_id), 0);
const gist = (message) => (message.text || message.caption || KINDS[message.kind] || "Photo").replace(/\s+/g, " ").slice(0, 90);
const together = (one, next) => Boolean(one) && one.kind !== "service" && one.from_name === next.from_name
  && one.from_bot === next.from_bot && next.date - one.date < TOGETHER_SECONDS;

/** What a bubble says. Like the real app, it hides what a code adds to /start. */
function spoken(message) {
  if (/^\/start \S+$/.test(message.text || "") && !message.from_bot) return ["/start"];
  return [message.html ? words(message.html) : message.text || message.caption || ""];
}

function file(message) {
  const { url, file_name: name } = message.document;
  const label = name || KINDS[message.kind] || "File";
  return el("a", { className: "file", href: url, download: label }, icon("file"), label);
}

function dots() {
  const bubble = el("div", { className: "bubble dots" }, el("i"), el("i"), el("i"));
  return el("div", { className: "msg tail", "aria-hidden": "true" }, bubble);
}

// ---- clock

function drawClock(clock) {
  state.clock = clock;
  const now = new Date(clock.now);
  const shown = { clock: clockOf(now), date: dateOf(now), short: `${shortDate(now)}, ${clockOf(now)}` };
  for (const node of all("[data-now]")) node.textContent = shown[node.dataset.now];
  $("zone").textContent = state.zone.split("/").at(-1).replaceAll("_", " ");
  const next = clock.next && new Date(clock.next);
  $("next-what").textContent = next ? clock.what || "A message" : "Nothing is waiting";
  $("next-when").textContent = next ? `${shortDate(next)} at ${clockOf(next)}, ${ahead(now, next)}` : "";
  drawPlaying(clock, now);
}

function drawPlaying(clock, now) {
  const over = !clock.end || new Date(clock.end) <= now;
  document.body.classList.toggle("is-playing", clock.playing);
  for (const node of all("[data-playing]")) node.hidden = !clock.playing;
  for (const node of all("[data-still]")) node.hidden = clock.playing;
  const off = { next: clock.playing || !clock.next, hour: clock.playing, day: clock.playing, play: over };
  for (const [deed, is] of Object.entries(off)) {
    for (const node of all(`[data-do="${deed}"]`)) node.disabled = is || moving;
  }
  $("progress").value = Math.round(clock.share * 100);
  $("play-line").textContent = `${shortDate(now)}, up to ${dayMonth(new Date(clock.until))}`;
  const why = clock.failed ? "The clock stopped because something went wrong. You can try again."
    : over && state.guide.enrolled ? "The month is over. Enrol another patient to play again."
      : over ? "Enrol a patient first. Then there is a month to play." : "";
  $("play-note").textContent = clock.playing ? "" : why;
}

let moving = false;
async function clockDeed(deed) {
  if (deed === "play" || deed === "stop") return post(deed);
  moving = true;
  drawClock(state.clock);
  await post("clock", { to: deed });
  moving = false;
  return drawClock(state.clock);
}

// ---- guide

function steps() {
  const { invited, enrolled, played, wrote } = state.guide;
  return [invited, enrolled, played && !(state.clock.playing && !wrote), wrote];
}

function drawGuide() {
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
  const print = JSON.stringify([here, state.guide, state.clock.playing, patientId, Boolean(patient().messages.length), state.staff.messages.length > 0, state.patients.length]);
  if ($("step-now").dataset.print === print) return;
  const first = $("step-now").dataset.here !== String(here);
  $("step-now").dataset.print = print;
  $("step-now").dataset.here = String(here);
  $("step-now").replaceChildren(...stepNow(here));
  if (here === 4 && first && narrow.matches) phones.patient.openIdeas(true);
}

function stepNow(here) {
  const text = (words) => el("p", {}, words);
  const { name } = patient();
  const toPhone = going("patient", `${name}'s phone`);
  if (here === 1 && state.staff.messages.length) {
    return [text("Answer the bot on the clinic's phone until the code appears.")];
  }
  if (here === 1) {
    return [text("You are the clinic. Ask the bot for a code."), button("Enrol a patient", enrol, { kind: "main", sign: "enrol" })];
  }
  if (here === 2 && !state.guide.scanned) {
    return [text("Now you are the patient. Point your phone at the code."), button("Scan the code", () => scan(latestCode()), { kind: "main", sign: "scan" })];
  }
  if (here === 2) return [text(`Tap through the bot's questions on ${name}'s phone.`), toPhone];
  if (here === 3 && state.clock.playing) return [text("Time is passing. Watch the phones."), button("Stop", () => post("stop"), { sign: "stop" })];
  if (here === 3) {
    return [text("Skip ahead. The clock plays the whole month."), button("Play to day 4", playToDay4, { kind: "main", sign: "play" })];
  }
  if (here === 4) return [text(`Something is wrong. As ${name}, write:`), ideaChips(), toPhone];
  return [text("The clinic has it. Press the card's buttons, or tap it to reply."), going("staff", "Clinic's phone"), button("Hide", () => openGuide(false), { kind: "quiet" })];
}

/** A way to the other phone, for screens that show one at a time. */
function going(to, label) {
  const node = button(label, () => look(to), { kind: "main small-label" });
  node.dataset.goes = to;
  return node;
}

function playToDay4() {
  const day = patient().day;
  return post("play", { days: Math.max(1, 4 - (day ?? 0)) });
}

function ideaChips() {
  return el("div", { className: "chips" }, ...IDEAS.map((idea) => button(idea, () => suggest(idea))));
}

function openGuide(open) {
  $("guide").hidden = !open;
  $("guide-toggle").setAttribute("aria-expanded", String(open));
  if (!open) $("guide-toggle").focus();
}

// ---- all of it

function drawBadges() {
  if (!state) return;
  const counts = { staff: phones.staff.unread() };
  for (const one of state.patients) counts[one.id] = phones.patient.unread(one);
  counts.patient = state.patients.reduce((sum, one) => sum + counts[one.id], 0);
  for (const badge of all("[data-badge]")) put(badge, badge.dataset.badge === String(patientId) ? 0 : counts[badge.dataset.badge]);
  for (const phone of Object.values(phones)) {
    phone.latest.hidden = phone.atEnd || !phone.visible;
    put(phone.latest.querySelector(".badge"), phone.unread());
  }
  document.title = counts.patient + counts.staff ? `(${counts.patient + counts.staff}) Aftercare: try it` : "Aftercare: try it";
}

function put(badge, count) {
  badge.hidden = !count;
  badge.textContent = count > 99 ? "99+" : String(count || "");
  badge.setAttribute("aria-label", `${count} unread`);
}

let toastsShown = null;
function drawToasts() {
  if (toastsShown === null || toastsShown > state.toasts.length) toastsShown = state.toasts.length;
  for (const toast of state.toasts.slice(toastsShown)) {
    if (!toast.text) continue;
    const nursed = state.staff.people.find((one) => one.id === toast.who);
    if (nursed) phones.staff.toast(toast);
    else if (toast.who === patientId) phones.patient.toast(toast);
  }
  toastsShown = state.toasts.length;
}

function draw() {
  phones.patient.draw();
  phones.staff.draw();
  drawClock(state.clock);
  drawGuide();
  drawBadges();
  const mute = patient().blocked || !patient().messages.length;
  for (const chip of all(".chips button")) chip.disabled = mute;
  $("try").hidden = mute;
}

function show(fresh) {
  const first = state === null;
  state = fresh;
  if (!patient()) patientId = state.patients.at(-1).id;
  if (!nurse()) nurseId = state.staff.people[0].id;
  if (first) {
    for (const one of state.patients) phones.patient.seen.set(one.id, lastId(one));
    phones.staff.seen.set(state.staff.id, lastId(state.staff));
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

const phones = { patient: new Phone("patient"), staff: new Phone("staff") };

if (keptTheme()) document.documentElement.dataset.theme = keptTheme();
drawTheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawTheme);
narrow.addEventListener("change", () => state && draw());
for (const box of all("[data-ideas]")) box.append(...ideaChips().childNodes);
for (const node of all("[data-do]")) node.addEventListener("click", () => clockDeed(node.dataset.do));
for (const tab of all(".tabs button")) tab.addEventListener("click", () => look(tab.dataset.view));
$("now-chip").addEventListener("click", () => (narrow.matches ? look("clock") : document.querySelector(".clock-keys button:not(:disabled)").focus()));
$("guide-toggle").addEventListener("click", () => openGuide($("guide").hidden));
$("retry").addEventListener("click", connect);
$("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = dark() ? "light" : "dark";
  keepTheme(document.documentElement.dataset.theme);
  drawTheme();
});
connect();
