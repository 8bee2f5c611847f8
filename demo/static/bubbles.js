// Messages as bubbles.

import { all, button, el, face, icon, words } from "./dom.js";
import { openLink, scan, scanLabel } from "./deeds.js";
import { clockOf, dateOf, gist, KINDS, nameOf } from "./shown.js";

const TOGETHER_SECONDS = 600;

/** What a phone's log holds, for `reconcile`: days, messages, and dots while the bot types. */
export function lines(phone) {
  const shown = phone.chat.messages.filter((one) => !one.deleted);
  const wanted = [];
  let day = "";
  shown.forEach((message, at) => {
    const here = dateOf(message.date * 1000);
    if (here !== day) {
      const label = here;
      wanted.push({ key: `day ${label}`, print: label, make: () => el("div", { className: "day" }, label) });
    }
    const joined = here === day && together(shown[at - 1], message);
    day = here;
    const next = shown[at + 1];
    const tail = !(next && dateOf(next.date * 1000) === here && together(message, next));
    const quoted = phone.chat.messages.find((one) => one.message_id === message.reply_to);
    const scanning = message.invitation ? scanLabel() : "";
    const around = [joined, tail, phone.mine(message), quoted ? [gist(quoted), quoted.deleted] : 0, scanning];
    wanted.push({
      key: `message ${message.message_id}`,
      print: JSON.stringify([message, around]),
      pulse: JSON.stringify([message.html, message.text, message.inline]),
      make: () => article(phone, message, { joined, tail, quoted }),
    });
  });
  if (phone.chat.typing) wanted.push({ key: "typing", print: "", make: dots });
  return wanted;
}

function article(phone, message, { joined, tail, quoted }) {
  if (message.kind === "service") return el("div", { className: "day" }, message.text || "");
  const mine = phone.mine(message);
  const classes = `msg${mine ? " mine" : ""}${joined ? " more" : ""}${tail ? " tail" : ""}`;
  const answer = { type: "button", className: "icon act", title: "Reply", tabIndex: -1, onclick: () => phone.reply(message) };
  const reply = el("button", answer, icon("reply"), el("span", { className: "unseen" }, "Reply"));
  const avatar = phone.staff && !mine && tail ? face(nameOf(message), message.from_bot) : null;
  const bubble = bubbleOf(phone, message, { mine, joined, quoted });
  const node = el("article", { className: classes, tabIndex: -1 }, avatar, bubble, reply, inline(phone, message));
  node.setAttribute("aria-label", `${nameOf(message)}, ${clockOf(message.date * 1000)}`);
  if (phone.staff) bubble.addEventListener("click", (event) => {
    if (!event.target.closest("a, button") && !String(getSelection())) phone.reply(message);
  });
  return node;
}

function bubbleOf(phone, message, { mine, joined, quoted }) {
  const bubble = el("div", { className: message.photo ? "bubble pictured" : "bubble" });
  if (phone.staff && !mine && !joined) bubble.append(el("div", { className: "from" }, nameOf(message)));
  if (message.reply_to) bubble.append(quote(phone, quoted));
  if (message.photo) {
    const alt = message.invitation ? "QR code with the invitation" : "Photo";
    bubble.append(el("img", { src: message.photo, alt, className: message.invitation ? "code" : "" }));
  }
  if (message.document) bubble.append(file(message));
  if (message.invitation) scanning(bubble, message);
  const said = el("span", { className: "words" }, ...spoken(message));
  if (!said.textContent && !message.photo && !message.document) said.append(el("i", {}, KINDS[message.kind] || "Message"));
  for (const link of all("a", said)) link.addEventListener("click", (event) => {
    if (!/^https?:\/\/(t|telegram)\.me\//.test(link.href)) return;
    event.preventDefault();
    openLink(link.href, message);
  });
  const time = `${message.edited ? "edited " : ""}${clockOf(message.date * 1000)}`;
  if (message.photo && !said.textContent) bubble.classList.add("bare");
  const meta = el("span", { className: "meta" }, time, mine ? icon("read") : null);
  if (message.protected) meta.title = "Cannot be forwarded or saved";
  bubble.append(said, meta);
  return bubble;
}

function scanning(bubble, message) {
  const fresh = !message.scanned_by.length;
  bubble.append(button(scanLabel(), () => scan(message), { sign: "scan", kind: fresh ? "scan main" : "scan again" }));
  if (!fresh) bubble.append(el("div", { className: "scanned" }, icon("tick"), `Scanned by ${message.scanned_by.join(", ")}`));
}

function quote(phone, quoted) {
  const there = quoted && !quoted.deleted;
  const find = () => {
    const node = there && phone.log.querySelector(`[data-key="message ${quoted.message_id}"]`);
    if (!node) return;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
  };
  const name = there ? nameOf(quoted) : "Deleted message";
  const said = there ? gist(quoted) : "";
  return el("button", { type: "button", className: "quote", onclick: find }, el("b", {}, name), el("span", {}, said));
}

function inline(phone, message) {
  const rows = message.inline || [];
  if (!rows.length) return null;
  const key = (choice) => {
    const node = button(choice.text, () => phone.press(message, choice, node));
    if (choice.url) node.append(icon("link"));
    return node;
  };
  const lines = rows.map((row) => el("div", {}, ...row.map(key)));
  return el("div", { className: "inline", role: "group", "aria-label": "Buttons" }, ...lines);
}

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
