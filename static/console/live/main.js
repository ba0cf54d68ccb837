/* The live board of the stations: joins feed, board and alerts. */

import { AlertPanel } from "./alerts.js";
import { Board } from "./board.js";
import { Feed } from "./feed.js";
import { write } from "./words.js";

const root = document.getElementById("live-board");
const settings = JSON.parse(document.getElementById("live-board-settings").textContent);
const link = document.getElementById("live-link");
const linkText = document.getElementById("live-link-text");
const polite = document.getElementById("live-said");
const urgent = document.getElementById("live-urgent");

const panel = new AlertPanel(root, {
  url: settings.alerts,
  mayAcknowledge: settings.mayAcknowledge,
  onNames: (names) => board.rename(names),
  warn: (text) => write(urgent, text),
});

const board = new Board(root, {
  names: settings.names,
  say: (text) => write(polite, text),
  onAlertsChanged: () => panel.soon(),
});

let lastNews = null;
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
  onState: showLink,
});

function showLink(state) {
  link.dataset.state = state;
  root.dataset.link = state;
  if (state === "live") write(linkText, "Live");
  else write(linkText, lastNews ? `Connection lost, as of ${lastNews.toLocaleTimeString()}. Trying again…` : "No connection. Trying again…");
}

const find = document.getElementById("live-find");
const all = document.getElementById("live-all");
const attention = document.getElementById("live-attention");

function filter(onlyAttention) {
  all.setAttribute("aria-pressed", String(!onlyAttention));
  attention.setAttribute("aria-pressed", String(onlyAttention));
  board.filter(find.value, onlyAttention);
}

find.addEventListener("input", () => filter(attention.getAttribute("aria-pressed") === "true"));
all.addEventListener("click", () => filter(false));
attention.addEventListener("click", () => filter(true));
setInterval(() => {
  board.tick(performance.now());
  panel.tick();
}, 1000);
feed.start();
panel.start();
