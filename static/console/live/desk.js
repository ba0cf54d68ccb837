/* What stands beside the picture, for staff: one request for alerts, names, the bridge's last word and money. */

const REFRESH_EVERY = 15000;
const AT_ONCE = 250;
const SECOND_LOOK = 3000;
const PATIENCE = 10000;

export class Desk {
  constructor({ url, onFacts, onEnded, onFailed }) {
    Object.assign(this, { url, onFacts, onEnded, onFailed });
    this.asked = 0;
  }

  /** Begin, or go on when the browser shows a page that it had kept. */
  start() {
    this.stopped = false;
    this.refresh();
    this.turn = setInterval(() => document.hidden || this.refresh(), REFRESH_EVERY);
  }

  /** The page is left: nothing is asked any more, and an answer under way is thrown away. */
  stop() {
    this.stopped = true;
    this.asked += 1;
    clearInterval(this.turn);
    clearTimeout(this.timer);
    clearTimeout(this.second);
    this.timer = this.second = null;
  }

  /**
   * Many causes in one moment make one request; a second look follows, because an alert may be
   * raised or escalate just after the level that causes it was seen. A waiting look is never put off:
   * with hundreds of stations there is always another cause.
   */
  soon() {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => this.fire("timer"), AT_ONCE);
    this.second ??= setTimeout(() => this.fire("second"), SECOND_LOOK);
  }

  fire(name) {
    this[name] = null;
    this.refresh();
  }

  /** Ask; an answer that a newer one has overtaken is thrown away. */
  async refresh() {
    const mine = ++this.asked;
    try {
      const answer = await fetch(this.url, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status === 401 || answer.status === 403) return this.onEnded();
      if (!answer.ok) throw new Error(String(answer.status));
      const facts = await answer.json();
      if (mine === this.asked) this.onFacts(facts);
    } catch {
      if (mine === this.asked) this.onFailed();
    }
  }
}
