/* Where the picture comes from: the socket, and the API whenever the socket may have missed something. */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const RECONCILE_EVERY = 30000;
const PATIENCE = 10000;

export class Feed {
  constructor({ socketUrl, statusUrl, onPicture, onStation, onState }) {
    this.socketUrl = socketUrl;
    this.statusUrl = statusUrl;
    this.onPicture = onPicture;
    this.onStation = onStation;
    this.onState = onState;
    this.wait = FIRST_WAIT;
    this.state = "connecting";
    this.changes = 0;
  }

  start() {
    this.go();
    window.addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  /** Begin, or go on when the browser shows a page that it had kept. */
  go() {
    this.stopped = false;
    this.connect();
    this.fetchPicture();
    this.reconcile = setInterval(() => this.fetchPicture(), RECONCILE_EVERY);
  }

  /** The page is left: nothing comes and nothing is asked for any more. */
  stop() {
    this.stopped = true;
    clearInterval(this.reconcile);
    clearTimeout(this.timer);
    this.timer = null;
    this.hangUp();
  }

  connect() {
    clearTimeout(this.timer);
    this.timer = null;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.socketUrl}`);
    this.socket = socket;
    socket.onopen = () => {
      const again = this.state === "lost";
      this.wait = FIRST_WAIT;
      this.move("live");
      if (again) this.fetchPicture();
    };
    socket.onmessage = (event) => this.take(JSON.parse(event.data));
    socket.onclose = () => this.retry();
  }

  take(message) {
    if (message.type === "snapshot") {
      this.changes += 1;
      this.onPicture(message.stations);
    } else if (message.type === "station") {
      this.changes += 1;
      this.onStation(message.station);
    }
  }

  retry() {
    this.move("lost");
    const jitter = 0.75 + Math.random() / 2;
    this.timer = setTimeout(() => this.connect(), this.wait * jitter);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  /** A person looks again or the network is back: do not wait for the timer. */
  hurry() {
    if (this.stopped) return;
    if (this.timer) this.connect();
    this.fetchPicture();
  }

  /**
   * Ask the API; an answer that a newer message has overtaken is thrown away. No answer at all: a socket
   * that still seems open may be dead, so it is given up, and the page says what it does not know.
   */
  async fetchPicture() {
    const before = this.changes;
    try {
      const answer = await fetch(this.statusUrl, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok) throw new Error(String(answer.status));
      const body = await answer.json();
      if (before === this.changes && !this.stopped) this.onPicture(body.stations);
    } catch {
      if (this.state === "live" && !this.stopped) this.giveUp();
    }
  }

  /** Closing a dead socket may take minutes; do not wait for its end. */
  giveUp() {
    this.hangUp();
    this.retry();
  }

  hangUp() {
    const socket = this.socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  move(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }
}
