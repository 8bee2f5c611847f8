// How much is unread, wherever it shows.

import { all } from "./dom.js";
import { demo } from "./shown.js";

export function drawBadges() {
  if (!demo.state) return;
  const counts = { staff: demo.phones.staff.unread() };
  for (const one of demo.state.patients) counts[one.id] = demo.phones.patient.unread(one);
  counts.patient = demo.state.patients.reduce((sum, one) => sum + counts[one.id], 0);
  for (const badge of all("[data-badge]")) put(badge, badge.dataset.badge === String(demo.patientId) ? 0 : counts[badge.dataset.badge]);
  for (const phone of Object.values(demo.phones)) {
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
