// One phone: its chat, its keys, and what its owner does with it.

import { drawBadges } from "./badges.js";
import { lines } from "./bubbles.js";
import { anotherPatient, choosePatient, enrol, look, openLink, scan } from "./deeds.js";
import { $, all, button, el, face, icon, narrow, reconcile } from "./dom.js";
import { post } from "./server.js";
import { demo, gist, lastId, latestCode, nameOf, nurse, patient } from "./shown.js";
import { Toasts } from "./toasts.js";

const NEAR_BOTTOM = 60;
const PEEK = 14;

export class Phone {
  constructor(role) {
    this.role = role;
    this.device = document.querySelector(`[data-phone="${role}"]`);
    this.device.querySelector(".phone").append($("phone-inside").content.cloneNode(true));
    const part = (selector) => this.device.querySelector(selector);
    Object.assign(this, {
      log: part(".log"), empty: part(".empty"), latest: part(".latest"),
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
    this.toasts = new Toasts(part, () => this.field.focus({ preventScroll: true }));
    this.dress();
    this.listen();
  }

  get staff() { return this.role === "staff"; }
  get chat() { return this.staff ? demo.state.staff : patient(); }
  get who() { return this.staff ? demo.nurseId : demo.patientId; }
  get me() { return this.staff ? nurse().name : patient().name; }
  get visible() { return !narrow.matches || demo.view === this.role; }
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
    on(".unblock", () => post("block", { who: demo.patientId, blocked: false }));
    on(".answering button", () => this.reply(null));
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
      if (this.toasts.asks) this.toasts.next();
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
    if (choice.url) return openLink(choice.url, message);
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
    const block = () => post("block", { who: demo.patientId, blocked: !blocked });
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
    if (this.visible && this.stuck && demo.state) this.seen.set(this.chat.id, lastId(this.chat));
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
    reconcile(this.log, lines(this), same && this.visible);
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
    const name = this.staff ? chat.title : demo.state.bot;
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
      const choose = (id) => () => { demo.nurseId = id; demo.draw(); };
      reconcile(this.people, demo.state.staff.people.map((one) => chip(one, one.id === demo.nurseId, choose(one.id))), false);
      return;
    }
    const plus = () => el(
      "button", { type: "button", className: "plus", title: "Another patient", onclick: anotherPatient },
      icon("plus"), el("span", {}, "Another patient"),
    );
    const chips = demo.state.patients.map((one) => chip(one, one.id === demo.patientId, () => choosePatient(one.id)));
    const many = String(demo.state.patients.length > 2);
    reconcile(this.people, [...chips, { key: "plus", print: many, make: plus }], false);
    this.people.classList.toggle("many", demo.state.patients.length > 2);
    const { name, day } = patient();
    $("patient-name").replaceChildren(`${name}'s phone`, day === null ? "" : el("span", { className: "day-tag" }, `Day ${day}`));
  }

  drawEmpty() {
    const here = !this.chat.messages.length && !this.chat.typing;
    this.empty.hidden = !here;
    if (!here) return;
    const code = latestCode();
    const print = JSON.stringify([this.chat.id, Boolean(code), narrow.matches]);
    if (this.empty.dataset.print === print) return;
    this.empty.dataset.print = print;
    const [title, text, act] = this.staff ? this.quietGroup() : code ? this.atTheDesk() : this.beforeTheCode();
    const whose = face(this.staff ? this.chat.title : this.me);
    this.empty.replaceChildren(el("div", {}, whose, el("h4", {}, title), el("p", {}, text), act));
  }

  quietGroup() {
    const act = button("Enrol a patient", enrol, { kind: "main", sign: "enrol" });
    return ["The clinic's group", "Patients who need somebody show up here. It is quiet: nobody is enrolled yet.", act];
  }

  atTheDesk() {
    const act = button("Scan the code", () => scan(latestCode()), { kind: "main", sign: "scan" });
    return [`${this.me} is at the desk`, "The clinic shows a code. Scan it to open the chat.", act];
  }

  beforeTheCode() {
    const act = narrow.matches ? button("Go to the clinic's phone", () => look("staff"), { kind: "main" }) : null;
    return [`${this.me} has no chat yet`, "It opens when the clinic shows a code and this phone scans it.", act];
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
    const act = (label) => this.staff ? post("say", { who: demo.nurseId, text: label }) : post("tap", { who: demo.patientId, label });
    const key = (label) => button(label, () => act(label), { sign: shares.has(label) ? "call" : "" });
    const wanted = rows.map((row, at) => ({
      key: String(at),
      print: JSON.stringify([row, ...shares]),
      make: () => el("div", {}, ...row.map(key)),
    }));
    reconcile(this.board, wanted, false);
    const silent = !this.staff && (blocked || !this.chat.messages.length);
    this.device.querySelector(".photo").disabled = silent;
    this.idea.disabled = silent;
    this.field.disabled = silent;
    this.field.placeholder = silent ? "Scan the code first" : "Message";
  }
}
