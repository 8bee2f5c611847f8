// What the server told last, whose phones are in hand, and how to say it.

export const demo = {
  /** The last answer of /demo/state. */
  state: null,
  /** Which phone a narrow screen shows: patient, staff or clock. */
  view: "staff",
  patientId: null,
  nurseId: null,
  /** The two phones by role, and what draws everything anew; page.js puts them here. */
  phones: {},
  draw: () => {},
};

export const KINDS = {
  voice: "Voice message", audio: "Audio", video: "Video", video_note: "Video message", animation: "GIF", document: "File",
  sticker: "Sticker", location: "Location", contact: "Phone number shared",
};

export const patient = () => demo.state.patients.find((one) => one.id === demo.patientId);
export const nurse = () => demo.state.staff.people.find((one) => one.id === demo.nurseId);
export const latestCode = () => demo.state.staff.messages.filter((one) => one.invitation).at(-1);
export const nameOf = (message) => message.from_bot ? demo.state.bot : message.from_name;
export const lastId = (chat) => chat.messages.reduce((most, one) => Math.max(most, one.message_id), 0);
export const gist = (message) => (message.text || message.caption || KINDS[message.kind] || "Photo").replace(/\s+/g, " ").slice(0, 90);

const formats = new Map();
function format(moment, options) {
  const key = JSON.stringify([demo.state.zone, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: demo.state.zone, ...options }));
  return formats.get(key).format(moment).replace(",", "");
}
export const clockOf = (moment) => format(moment, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const dateOf = (moment) => format(moment, { weekday: "long", day: "numeric", month: "long" });
export const dayMonth = (moment) => format(moment, { day: "numeric", month: "short" });
export const shortDate = (moment) => format(moment, { weekday: "short", day: "numeric", month: "short" });

export function ahead(now, then) {
  const minutes = Math.round((then - now) / 60000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `in ${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `in ${hours} h`;
  return `in ${Math.round(hours / 24)} days`;
}
