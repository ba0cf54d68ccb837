/* The board: one card a station, those that need somebody first; changed in place, a few times a second at most. */

import { StationCard } from "./card.js";
import { make, write } from "./words.js";

const GATHER = 100; // milliseconds: what comes together is drawn together
const MANY = 12; // stations, from where on cards are small and only bad news is spoken

export class Board {
  constructor(root, { places, figuresUrl, say, onMoved }) {
    this.root = root;
    this.list = root.querySelector("#live-stations");
    this.empty = root.querySelector("#live-empty");
    this.count = root.querySelector("#live-count");
    this.zones = root.querySelector("#live-zone");
    this.cards = new Map();
    this.waiting = new Map();
    this.wanted = { text: "", zone: null, onlyTrouble: false };
    Object.assign(this, { places, figuresUrl, say, onMoved });
    this.money = null;
    this.list.addEventListener("focusout", () => this.late && this.soon());
  }

  /** Replace everything. */
  picture(stations) {
    this.waiting.clear();
    const present = new Set(stations.map((station) => station.id));
    for (const [id, card] of this.cards) {
      if (present.has(id)) continue;
      card.element.remove();
      this.cards.delete(id);
    }
    this.known = true;
    this.draw(stations, this.cards.size === 0);
  }

  /** Take the news of one station; the newest of a station within a moment counts. */
  station(station) {
    this.waiting.set(station.id, station);
    this.soon();
  }

  soon() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const stations = [...this.waiting.values()];
      this.waiting.clear();
      this.draw(stations, false);
    }, GATHER);
  }

  draw(stations, quiet) {
    const said = [];
    let moved = false;
    for (const station of stations) {
      const card = this.card(station.id);
      const shown = card.show(station);
      moved ||= shown.moved;
      const told = shown.news.filter((one) => one.bad || this.cards.size <= MANY).map((one) => one.text);
      if (told.length) said.push(`${card.name}: ${told.join(", ")}`);
    }
    this.arrange();
    if (moved) this.onMoved();
    if (!quiet && said.length) this.say(said.join(". "));
  }

  card(id) {
    if (!this.cards.has(id)) {
      const card = new StationCard(id, this.figuresUrl);
      card.place(this.places[id]);
      card.earn(this.earned(id));
      this.cards.set(id, card);
    }
    return this.cards.get(id);
  }

  earned(id) {
    return this.money === null ? null : this.money.stations[id] || [];
  }

  /** Take what the desk knows: names and zones, which stations have critical alerts, the money of today. */
  facts({ places, alerts, money }) {
    this.places = places;
    this.money = money;
    const critical = new Set(alerts.filter((alert) => alert.severity === "critical").map((alert) => alert.station));
    for (const [id, card] of this.cards) {
      card.place(places[id]);
      card.earn(this.earned(id));
      card.critical = critical.has(id);
      card.element.dataset.trouble = card.trouble;
    }
    this.offerZones();
    this.arrange();
  }

  offerZones() {
    const zones = [...new Set(Object.values(this.places).map((place) => place.zone))].sort();
    const marks = JSON.stringify(zones);
    if (this.zones.dataset.marks === marks) return;
    this.zones.dataset.marks = marks;
    const options = [option("", "All zones"), ...zones.map((zone) => option(`=${zone}`, zone || "No zone"))];
    this.zones.replaceChildren(...options);
    this.zones.value = this.wanted.zone !== null && zones.includes(this.wanted.zone) ? `=${this.wanted.zone}` : "";
    this.zones.parentElement.hidden = zones.length < 2;
  }

  filter(wanted) {
    this.wanted = { ...wanted, text: wanted.text.trim().toLowerCase() };
    this.arrange();
  }

  /**
   * Trouble first, then by name. A card moves only when its place changes, and never while somebody's focus is
   * on a card: it moves when they have left.
   */
  arrange() {
    const order = [...this.cards.values()].sort((a, b) => b.trouble - a.trouble || compare(a.name, b.name) || compare(a.id, b.id));
    this.late = this.list.contains(document.activeElement);
    let shown = 0;
    let place = this.list.firstElementChild;
    for (const card of order) {
      if (!this.late || !card.element.isConnected) {
        if (card.element === place) place = place.nextElementSibling;
        else if (place && place.nextElementSibling === card.element) place = card.element.nextElementSibling; // the one before goes down
        else this.list.insertBefore(card.element, place);
      }
      const visible = card.matches(this.wanted);
      if (card.element.hidden === visible) card.element.hidden = !visible;
      shown += visible ? 1 : 0;
    }
    const dense = String(this.cards.size > MANY);
    if (this.root.dataset.dense !== dense) this.root.dataset.dense = dense;
    this.tell(shown);
    this.summarise();
  }

  tell(shown) {
    if (this.empty.hidden !== shown > 0) this.empty.hidden = shown > 0;
    if (this.known) write(this.empty, this.cards.size ? "No station matches." : "No station is in service yet.");
    write(this.count, this.cards.size === shown ? "" : `${shown} of ${this.cards.size} stations`);
  }

  summarise() {
    const stations = [...this.cards.values()].map((card) => card.station);
    const bays = stations.flatMap((station) => station.bays);
    const inState = (...states) => bays.filter((bay) => states.includes(bay.state)).length;
    const figures = {
      online: `${stations.filter((station) => station.online).length} of ${stations.length}`,
      washing: inState("running", "paused", "ready"),
      free: inState("idle"),
      out: inState("fault", "offline"),
      low: stations.flatMap((s) => s.tanks).filter((t) => ["warning", "critical"].includes(t.status)).length,
      alerts: stations.reduce((sum, station) => sum + station.alerts, 0),
    };
    for (const [name, value] of Object.entries(figures)) this.figure(name, String(value), ["out", "low", "alerts"].includes(name) && value);
    const all = this.money?.in_all;
    const place = this.root.querySelector('[data-figure="money"]').parentElement;
    place.hidden = !all;
    if (!all) return;
    this.figure("money", all.map((one) => one.net).join(" + ") || "None yet", false);
    write(place.querySelector("small"), all.map((one) => `${one.gross} less ${one.back} refunded`).join(" + "));
  }

  figure(name, text, bad) {
    const place = this.root.querySelector(`[data-figure="${name}"]`);
    write(place, text);
    const tone = bad ? "bad" : "";
    if (place.parentElement.dataset.tone !== tone) place.parentElement.dataset.tone = tone;
  }

  /** A second has passed. */
  tick(now) {
    for (const card of this.cards.values()) if (!card.element.hidden) card.tick(now);
  }
}

function option(value, text) {
  const one = make("option", "", text);
  one.value = value;
  return one;
}

const compare = new Intl.Collator("en", { numeric: true }).compare;
