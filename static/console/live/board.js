/* The board: one card a station, changed in place. */

import { BAY_WORDS, TANK_WORDS, clock, litres, make, plain, write } from "./words.js";

export class Board {
  constructor(root, { names, say, onAlertsChanged }) {
    this.root = root;
    this.list = root.querySelector("#live-stations");
    this.empty = root.querySelector("#live-empty");
    this.cards = new Map();
    this.names = names;
    this.wanted = "";
    this.onlyAttention = false;
    this.say = say;
    this.onAlertsChanged = onAlertsChanged;
  }

  /** Replace everything. */
  picture(stations) {
    const present = new Set(stations.map((station) => station.id));
    for (const [id, card] of this.cards) {
      if (!present.has(id)) {
        card.element.remove();
        this.cards.delete(id);
      }
    }
    stations.forEach((station) => this.apply(station, true));
    this.arrange();
  }

  /** Take the news of one station. */
  station(station) {
    const isNew = !this.cards.has(station.id);
    this.apply(station, false);
    if (isNew) this.arrange();
    else this.refresh();
  }

  apply(station, quiet) {
    let card = this.cards.get(station.id);
    if (!card) {
      card = new StationCard(station.id);
      this.cards.set(station.id, card);
      quiet = true;
    }
    const alertsBefore = card.station?.alerts;
    const news = card.show(station, this.names[station.id]);
    const alertsMoved = alertsBefore !== undefined && alertsBefore !== station.alerts;
    if (alertsMoved || card.troubled) this.onAlertsChanged();
    if (!quiet && news.length) this.say(`${card.name}: ${news.join(", ")}`);
  }

  rename(names) {
    this.names = names;
    for (const [id, card] of this.cards) card.rename(names[id]);
    this.refresh();
  }

  /** Put the cards in order of their ids, new ones included. */
  arrange() {
    const ordered = [...this.cards.keys()].sort();
    this.list.append(...ordered.map((id) => this.cards.get(id).element));
    this.refresh();
  }

  filter(wanted, onlyAttention) {
    this.wanted = wanted.trim().toLowerCase();
    this.onlyAttention = onlyAttention;
    this.refresh();
  }

  refresh() {
    let shown = 0;
    for (const card of this.cards.values()) {
      const visible = card.matches(this.wanted) && (!this.onlyAttention || card.needsAttention);
      card.element.hidden = !visible;
      shown += visible ? 1 : 0;
    }
    this.empty.hidden = shown > 0;
    write(this.empty, this.cards.size ? "No station matches." : "No station is in service yet.");
    this.summarise();
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
    for (const [name, value] of Object.entries(figures)) {
      const place = this.root.querySelector(`[data-figure="${name}"]`);
      write(place, String(value));
      place.parentElement.dataset.tone = ["out", "low", "alerts"].includes(name) && value ? "bad" : "";
    }
  }

  /** A second has passed. */
  tick(now) {
    for (const card of this.cards.values()) card.tick(now);
  }
}

class StationCard {
  constructor(id) {
    this.id = id;
    this.bays = new Map();
    this.tanks = new Map();
    this.build();
  }

  build() {
    this.element = make("article", "pw-station");
    this.element.dataset.station = this.id;
    this.element.setAttribute("aria-labelledby", `station-${this.id}`);
    const head = make("header", "pw-station-head");
    const title = make("div");
    this.nameElement = make("h3", "pw-station-name", this.id);
    this.nameElement.id = `station-${this.id}`;
    this.idElement = make("span", "pw-station-id", this.id);
    title.append(this.nameElement, this.idElement);
    this.badge = make("span", "pw-badge");
    this.online = make("span", "pw-online");
    head.append(title, this.badge, this.online);
    this.bayList = make("ul", "pw-bays");
    this.tankList = make("ul", "pw-tanks");
    this.element.append(head, this.bayList, this.tankList);
  }

  get name() {
    return this.nameElement.textContent;
  }

  get needsAttention() {
    const { online, alerts, bays } = this.station;
    return !online || alerts > 0 || bays.some((bay) => bay.state === "fault");
  }

  matches(wanted) {
    return !wanted || this.id.includes(wanted) || this.name.toLowerCase().includes(wanted);
  }

  rename(name) {
    write(this.nameElement, name || this.id);
    this.idElement.hidden = !name;
  }

  /** Show a station; returns what is new about it, in words. */
  show(station, name) {
    const before = this.station;
    this.station = station;
    this.rename(name);
    this.element.dataset.online = station.online;
    write(this.online, station.online ? "Online" : "Offline");
    this.badge.hidden = station.alerts === 0;
    write(this.badge, station.alerts === 1 ? "1 alert" : `${station.alerts} alerts`);
    this.troubled = before !== undefined && troubles(before) !== troubles(station);
    const news = [];
    if (before && before.online !== station.online) news.push(station.online ? "online" : "offline");
    for (const bay of station.bays) news.push(...this.row(this.bays, this.bayList, bay.number, BayTile).show(bay));
    for (const tank of station.tanks) {
      news.push(...this.row(this.tanks, this.tankList, tank.chemical, TankGauge).show(tank));
    }
    return news;
  }

  row(rows, list, key, Row) {
    if (!rows.has(key)) {
      const row = new Row();
      rows.set(key, row);
      list.append(row.element);
    }
    return rows.get(key);
  }

  tick(now) {
    for (const bay of this.bays.values()) bay.tick(now);
  }
}

/** What may stand behind an alert, as one text to compare. */
function troubles(station) {
  const tanks = station.tanks.map((tank) => `${tank.chemical}:${tank.status}`);
  const faults = station.bays.filter((bay) => bay.state === "fault").map((bay) => bay.number);
  return JSON.stringify([station.online, tanks, faults]);
}

class BayTile {
  constructor() {
    this.element = make("li", "pw-bay");
    this.title = make("span", "pw-bay-title");
    this.word = make("span", "pw-bay-word");
    this.time = make("span", "pw-bay-time");
    this.track = make("span", "pw-bay-track");
    this.track.setAttribute("aria-hidden", "true");
    this.fill = make("span", "pw-bay-fill");
    this.track.append(this.fill);
    this.element.append(this.title, this.word, this.time, this.track);
    this.longest = 0;
  }

  show(bay) {
    const changed = this.bay !== undefined && this.bay.state !== bay.state;
    if (!this.isWashing(this.bay) || !this.isWashing(bay)) this.longest = 0;
    this.bay = bay;
    this.longest = Math.max(this.longest, bay.seconds_left);
    this.seenAt = performance.now();
    this.element.dataset.state = bay.state;
    write(this.title, `Bay ${bay.number}`);
    write(this.word, BAY_WORDS[bay.state] || plain(bay.state));
    this.tick(this.seenAt);
    return changed ? [`bay ${bay.number} ${(BAY_WORDS[bay.state] || bay.state).toLowerCase()}`] : [];
  }

  isWashing(bay) {
    return bay !== undefined && ["ready", "running", "paused"].includes(bay.state);
  }

  /** The clock runs here between two messages, and only while water runs. */
  tick(now) {
    const washing = this.isWashing(this.bay);
    const passed = this.bay.state === "running" ? (now - this.seenAt) / 1000 : 0;
    const left = Math.max(0, this.bay.seconds_left - passed);
    write(this.time, washing ? `${clock(left)} left` : "");
    this.track.hidden = !washing;
    const share = this.longest ? Math.round((100 * left) / this.longest) : 0;
    this.fill.style.setProperty("--share", `${share}%`);
  }
}

class TankGauge {
  constructor() {
    this.element = make("li", "pw-tank");
    this.gauge = make("span", "pw-gauge");
    this.gauge.setAttribute("role", "meter");
    this.gauge.setAttribute("aria-valuemin", "0");
    this.gauge.setAttribute("aria-valuemax", "100");
    this.level = make("span", "pw-gauge-level");
    this.percent = make("span", "pw-gauge-percent");
    this.gauge.append(this.level, this.percent);
    this.name = make("span", "pw-tank-name");
    this.note = make("span", "pw-tank-note");
    this.element.append(this.gauge, this.name, this.note);
  }

  show(tank) {
    const worse = this.tank !== undefined && this.tank.status !== tank.status;
    this.tank = tank;
    const word = TANK_WORDS[tank.status] || plain(tank.status);
    this.element.dataset.status = tank.status;
    this.level.style.setProperty("--level", `${tank.level_pct}%`);
    this.gauge.setAttribute("aria-label", plain(tank.chemical));
    this.gauge.setAttribute("aria-valuenow", String(tank.level_pct));
    this.gauge.setAttribute("aria-valuetext", `${tank.level_pct} per cent, ${word}`);
    write(this.percent, `${tank.level_pct}%`);
    write(this.name, plain(tank.chemical));
    write(this.note, tank.status === "ok" ? litres(tank.level_ml) : `${word}, ${litres(tank.level_ml)}`);
    return worse ? [`${plain(tank.chemical)} ${word.toLowerCase()}`] : [];
  }
}
