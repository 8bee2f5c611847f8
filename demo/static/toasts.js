// What a pressed button brings up on a phone: a line for a moment, or a box that waits for its OK.

const SHOWN_MS = 3500;

export class Toasts {
  /** `after` is called when a box has been closed. */
  constructor(part, after) {
    this.line = part(".toast");
    this.box = part(".alert");
    this.after = after;
    this.waiting = [];
    part(".alert button").addEventListener("click", () => this.next());
  }

  get asks() { return !this.box.hidden; }

  add(toast) {
    this.waiting.push(toast);
    if (this.waiting.length === 1) this.show();
  }

  show() {
    const [toast] = this.waiting;
    if (!toast) return;
    if (toast.alert) {
      this.box.querySelector("p").textContent = toast.text;
      this.box.hidden = false;
      this.box.querySelector("button").focus({ preventScroll: true });
      return;
    }
    this.line.textContent = toast.text;
    this.line.hidden = false;
    setTimeout(() => this.next(), SHOWN_MS);
  }

  next() {
    const [was] = this.waiting.splice(0, 1);
    this.line.hidden = this.box.hidden = true;
    if (was && was.alert) this.after();
    this.show();
  }
}
