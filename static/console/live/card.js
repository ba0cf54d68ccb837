/* The card of one station: its bays, its tanks, its money; changed in place. */

import { BAY_WORDS, TANK_WORDS, clock, litres, make, plain, write } from "./words.js";

const WASHING = ["ready", "running", "paused"];

export class StationCard {
  constructor(id, figuresUrl) {
    this.id = id;
    this.bays = new Map();
    this.tanks = new Map();
    this.zone = "";
    this.critical = false;
    this.build(figuresUrl);
  }

  build(figuresUrl) {
    this.element = make("article", "pw-station");
    this.element.dataset.station = this.id;
    this.element.setAttribute("aria-labelledby", `station-${this.id}`);
    const head = make("header", "pw-station-head");
    const title = make("div");
    const heading = make("h3", "pw-station-name");
    heading.id = `station-${this.id}`;
    this.nameElement = make(figuresUrl ? "a" : "span", "", this.id);
    if (figuresUrl) this.nameElement.href = figuresUrl.replace("STATION", this.id);
    heading.append(this.nameElement);
    this.idElement = make("span", "pw-station-id", this.id);
    title.append(heading, this.idElement);
    this.badge = make("span", "pw-badge");
    this.online = make("span", "pw-online");
    head.append(title, this.badge, this.online);
    this.bayList = make("ul", "pw-bays");
    this.tankList = make("ul", "pw-tanks");
    this.money = make("p", "pw-money");
    this.element.append(head, this.bayList, this.tankList, this.money);
  }

  get name() {
    return this.nameElement.textContent;
  }

  /** How much a person is needed: 3 for a critical alert, a fault or silence, 2 for any alert, 1 for a low tank. */
  get trouble() {
    const { online, alerts, bays, tanks } = this.station;
    if (this.critical || !online || bays.some((bay) => bay.state === "fault")) return 3;
    if (alerts > 0) return 2;
    return tanks.some((tank) => tank.status === "critical" || tank.status === "warning") ? 1 : 0;
  }

  matches({ text, zone, onlyTrouble }) {
    if (onlyTrouble && this.trouble === 0) return false;
    if (zone !== null && this.zone !== zone) return false;
    return !text || this.id.includes(text) || this.name.toLowerCase().includes(text);
  }

  place(place) {
    write(this.nameElement, place?.name || this.id);
    this.zone = place?.zone || "";
    write(this.idElement, [place?.name && this.id, this.zone].filter(Boolean).join(" · "));
  }

  /** Today's takings, one entry a currency; null where they may not be seen. */
  earn(entries) {
    const told = (entries || []).map((one) => `${one.net} today, ${one.washes === 1 ? "1 wash" : `${one.washes} washes`}`);
    write(this.money, entries === null ? "" : told.join(" · ") || "Nothing taken today");
  }

  /** Show a station; returns what is new about it, in words: `news` of bays and tanks, `bad` what calls a person. */
  show(station) {
    const before = this.station;
    this.station = station;
    this.element.dataset.online = station.online;
    write(this.online, station.online ? "Online" : "Offline");
    this.badge.hidden = station.alerts === 0;
    write(this.badge, station.alerts === 1 ? "1 alert" : `${station.alerts} alerts`);
    const news = [];
    if (before && before.online !== station.online) {
      news.push({ text: station.online ? "online" : "offline", bad: !station.online });
    }
    for (const bay of station.bays) news.push(...row(this.bays, this.bayList, bay.number, BayTile).show(bay));
    for (const tank of station.tanks) news.push(...row(this.tanks, this.tankList, tank.chemical, TankGauge).show(tank));
    this.element.dataset.trouble = this.trouble;
    return { news, moved: Boolean(before) && (news.length > 0 || before.alerts !== station.alerts) };
  }

  tick(now) {
    for (const bay of this.bays.values()) bay.tick(now);
  }
}

function row(rows, list, key, Row) {
  if (!rows.has(key)) {
    const one = new Row();
    rows.set(key, one);
    list.append(one.element);
  }
  return rows.get(key);
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
    const word = (BAY_WORDS[bay.state] || bay.state).toLowerCase();
    return changed ? [{ text: `bay ${bay.number} ${word}`, bad: bay.state === "fault" }] : [];
  }

  isWashing(bay) {
    return bay !== undefined && WASHING.includes(bay.state);
  }

  /** The clock runs here between two messages, and only while water runs. */
  tick(now) {
    const washing = this.isWashing(this.bay);
    if (!washing && this.track.hidden) return;
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
    const changed = this.tank !== undefined && this.tank.status !== tank.status;
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
    const bad = tank.status === "warning" || tank.status === "critical";
    return changed ? [{ text: `${plain(tank.chemical)} ${word.toLowerCase()}`, bad }] : [];
  }
}
