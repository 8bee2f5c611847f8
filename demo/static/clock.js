// The demo's clock: what time it is, what comes next, and moving it.

import { $, all } from "./dom.js";
import { post } from "./server.js";
import { ahead, clockOf, dateOf, dayMonth, demo, shortDate } from "./shown.js";

export function drawClock(clock) {
  demo.state.clock = clock;
  const now = new Date(clock.now);
  const shown = { clock: clockOf(now), date: dateOf(now), short: `${shortDate(now)}, ${clockOf(now)}` };
  for (const node of all("[data-now]")) node.textContent = shown[node.dataset.now];
  $("zone").textContent = demo.state.zone.split("/").at(-1).replaceAll("_", " ");
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
    : over && demo.state.guide.enrolled ? "The month is over. Enrol another patient to play again."
      : over ? "Enrol a patient first. Then there is a month to play." : "";
  $("play-note").textContent = clock.playing ? "" : why;
}

let moving = false;
export async function clockDeed(deed) {
  if (deed === "play" || deed === "stop") return post(deed);
  moving = true;
  drawClock(demo.state.clock);
  await post("clock", { to: deed });
  moving = false;
  return drawClock(demo.state.clock);
}
