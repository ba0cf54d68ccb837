/* The live board of the stations: joins feed, desk, board and alerts, and says how old the picture is. */

import { AlertPanel } from "./alerts.js";
import { Board } from "./board.js";
import { Desk } from "./desk.js";
import { Feed } from "./feed.js";
import { age, write } from "./words.js";

const root = document.getElementById("live-board");
const settings = JSON.parse(document.getElementById("live-board-settings").textContent);
const link = document.getElementById("live-link");
const linkText = document.getElementById("live-link-text");
const polite = document.getElementById("live-said");
const urgent = document.getElementById("live-urgent");

let lastNews = null;
let socketState = "connecting";
let silentSince = null; // when the bridge was last heard of; null while it is well

const panel = new AlertPanel(root, {
  url: `${settings.live}alerts/`,
  mayAcknowledge: settings.mayAcknowledge,
  refresh: () => desk.refresh(),
  warn: (text) => write(urgent, text),
});

const board = new Board(root, {
  places: settings.places,
  figuresUrl: settings.figures,
  say: (text) => write(polite, text),
  onMoved: () => desk.soon(),
});

const desk = new Desk({
  url: `${settings.live}desk`,
  onFacts: (facts) => {
    const { up, silent_seconds: silent } = facts.bridge;
    silentSince = up ? null : Date.now() - (silent ?? Infinity) * 1000;
    showLink();
    board.facts(facts);
    panel.show(facts.alerts);
  },
  onEnded: () => panel.say("Your session has ended. Sign in again to see the alerts."),
  onFailed: () => panel.say("The alerts could not be read; trying again."),
});

const feed = new Feed({
  socketUrl: settings.socket,
  statusUrl: settings.status,
  onPicture: (stations) => {
    lastNews = new Date();
    board.picture(stations);
  },
  onStation: (station) => {
    lastNews = new Date();
    board.station(station);
  },
  onState: (state) => {
    socketState = state;
    if (state === "live") desk.refresh();
    showLink();
  },
});

/** Live is said only while the socket is open and the bridge hears the stations. */
function showLink() {
  const state = socketState === "live" && silentSince !== null ? "stale" : socketState;
  link.dataset.state = state;
  root.dataset.link = state;
  write(linkText, linkWords(state));
}

function linkWords(state) {
  if (state === "live") return "Live";
  if (state === "stale") {
    const since = Number.isFinite(silentSince) ? `for ${age(Date.now() - silentSince).replace("just now", "some seconds")}` : "so far";
    return `No word from the stations ${since}: the bridge is silent. What you see is old.`;
  }
  if (state === "connecting") return "Connecting…";
  return lastNews ? `Connection lost, as of ${lastNews.toLocaleTimeString()}. Trying again…` : "No connection. Trying again…";
}

// --- What to show; the address keeps it, so that a reload shows the same ------------------------------------------

const find = document.getElementById("live-find");
const zone = document.getElementById("live-zone");
const all = document.getElementById("live-all");
const attention = document.getElementById("live-attention");

function filter({ text = find.value, inZone = zone.value, onlyTrouble = attention.getAttribute("aria-pressed") === "true" } = {}) {
  all.setAttribute("aria-pressed", String(!onlyTrouble));
  attention.setAttribute("aria-pressed", String(onlyTrouble));
  board.filter({ text, zone: inZone ? inZone.slice(1) : null, onlyTrouble });
  const keep = new URLSearchParams();
  if (text) keep.set("find", text);
  if (inZone) keep.set("zone", inZone);
  if (onlyTrouble) keep.set("trouble", "1");
  history.replaceState(null, "", keep.size ? `?${keep}` : location.pathname);
}

const kept = new URLSearchParams(location.search);
find.value = kept.get("find") || "";
board.wanted.zone = kept.get("zone")?.slice(1) ?? null;
board.offerZones();
find.addEventListener("input", () => filter());
zone.addEventListener("change", () => filter());
all.addEventListener("click", () => filter({ onlyTrouble: false }));
attention.addEventListener("click", () => filter({ onlyTrouble: true }));
filter({ onlyTrouble: kept.has("trouble") });

function tick() {
  board.tick(performance.now());
  panel.tick();
  if (silentSince !== null) showLink();
}

let clock = setInterval(tick, 1000);
feed.start();
desk.start();

// A page that is left stops: its requests are about to break, and must not be told as a lost connection or touch a
// document that goes away. A browser may keep it and show it again.
window.addEventListener("pagehide", () => {
  clearInterval(clock);
  feed.stop();
  desk.stop();
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  clock = setInterval(tick, 1000);
  feed.go();
  desk.start();
});
