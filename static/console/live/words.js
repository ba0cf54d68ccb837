/* Words and times as people read them. */

export const BAY_WORDS = {
  idle: "Free",
  ready: "Starting",
  running: "Washing",
  paused: "Paused",
  sanitizing: "Sanitising",
  fault: "Fault",
  offline: "Offline",
};

export const TANK_WORDS = { ok: "OK", warning: "Low", critical: "Critical", unknown: "No report yet" };

/** "flea_tick" becomes "Flea tick". */
export function plain(code) {
  const words = code.replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "tank:shampoo" becomes "Shampoo tank", "tank:shampoo:theft" "Shampoo tank, theft", "bay:1" "Bay 1". */
export function component(code) {
  const [kind, of, ...more] = code.split(":");
  const name = plain(of || "");
  if (!name) return plain(kind);
  const what = kind === "tank" ? `${name} tank` : `${plain(kind)} ${name}`;
  return [what, ...more.map((one) => plain(one).toLowerCase())].join(", ");
}

/** Seconds as "4:05"; an hour and more as "1:04:05". */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Milliseconds as "just now", "4 min", "3 h" or "2 days". */
export function age(milliseconds) {
  const minutes = Math.floor(milliseconds / 60000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} days`;
}

export function litres(ml) {
  return ml >= 1000 ? `${(ml / 1000).toFixed(1)} l` : `${ml} ml`;
}

/** Make an element with a class and a text; never HTML. */
export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/** Set a text only where it differs, so that a screen reader and the layout rest. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
