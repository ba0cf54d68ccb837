/* The page at the bay, alive: it fetches the same pages that work without it, and puts their parts in place. */
"use strict";

(() => {
  const PATIENCE = 60000; // a payment is sent again for so long; later the customer may have left
  const card = window.petwashCard;
  const link = document.getElementById("link");
  const said = document.getElementById("said");
  const stage = () => document.getElementById("stage");
  const wait = (ms) => new Promise((go) => setTimeout(go, ms));
  let timer = 0;
  let failures = 0;
  let busy = false;
  let look = 0; // which look is the newest: an older answer must not overwrite it
  let base = 0;
  let at = 0;
  let told = Infinity;
  const drawn = new Map();

  function say(text) {
    if (text && said.textContent !== text) said.textContent = text;
  }

  function lost(text) {
    link.textContent = text;
    link.hidden = !text;
  }

  function spoken(seconds) {
    const count = (number, noun) => (number ? `${number} ${noun}${number === 1 ? "" : "s"}` : "");
    return [count(Math.floor(seconds / 60), "minute"), count(seconds % 60, "second")].filter(Boolean).join(" ") || "0 seconds";
  }

  // --- The clock: the server's word, counted down in between -------------------------------------------------

  function setClock() {
    const clock = stage().querySelector("[data-left]");
    base = clock ? Number(clock.dataset.left) : 0;
    at = performance.now();
  }

  function tick() {
    const clock = stage().querySelector("[data-left]");
    if (!clock) return;
    const gone = "runs" in clock.dataset ? Math.floor((performance.now() - at) / 1000) : 0;
    const left = Math.max(base - gone, 0);
    const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (clock.textContent === text) return;
    clock.textContent = text;
    clock.setAttribute("aria-label", `${spoken(left)} left`);
    stage().querySelector("progress").value = left;
    const mark = left > 60 ? Math.ceil(left / 60) * 60 : left > 30 ? 60 : left > 10 ? 30 : 10;
    if (mark < told && told !== Infinity && left > 0) say(`${spoken(left)} left`);
    told = mark;
  }

  // --- Putting a page in place -------------------------------------------------------------------------------

  function show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const next = fresh.getElementById("stage");
    const now = stage();
    if (!next) {
      location.reload(); // the code is no longer valid: that page says so
      return;
    }
    if (next.dataset.version !== now.dataset.version) replace(now, next);
    else refresh(now, next);
    setClock();
    tick();
  }

  /** Another stage, or other news: the whole part, the card's field kept where there is one. */
  function replace(now, next) {
    const inside = now.contains(document.activeElement);
    const chosen = choices(now);
    const changed = now.dataset.stage !== next.dataset.stage;
    if (!changed && now.dataset.stage === "shop" && now.querySelector("[data-keep]") && next.querySelector("[data-keep]")) {
      keepForm(now, next); // moving Stripe's frame would empty it
    } else {
      remember(next);
      now.replaceChildren(...next.childNodes);
    }
    for (const name of Object.keys(now.dataset)) delete now.dataset[name];
    Object.assign(now.dataset, next.dataset);
    choose(now, chosen);
    if (changed) told = Infinity;
    if (changed || inside) now.querySelector("h1").focus({ preventScroll: !changed });
    if (changed) window.scrollTo(0, 0);
    say(next.dataset.said);
    furnish();
  }

  /** Put what is around the form in place, and its parts into it. */
  function keepForm(now, next) {
    const [old, form] = [now.querySelector("form"), next.querySelector("form")];
    refresh(now, next);
    for (const one of [...now.children]) if (one !== old) one.remove();
    const all = [...next.children];
    old.before(...all.slice(0, all.indexOf(form)));
    old.after(...all.slice(all.indexOf(form) + 1));
  }

  /** The same news: only what may have moved a little. */
  function refresh(now, next) {
    now.dataset.look = next.dataset.look;
    for (const part of next.querySelectorAll("[data-part]")) {
      const html = part.innerHTML;
      if (drawn.get(part.dataset.part) === html) continue;
      const chosen = choices(now);
      drawn.set(part.dataset.part, html);
      now.querySelector(`[data-part="${part.dataset.part}"]`).replaceChildren(...part.childNodes);
      choose(now, chosen);
      furnish();
    }
    const clock = now.querySelector("[data-left]");
    const told = next.querySelector("[data-left]");
    if (clock && told) clock.dataset.left = told.dataset.left;
  }

  /** Keep each part as the server drew it: what the script adds must not look like news. */
  function remember(where) {
    for (const part of where.querySelectorAll("[data-part]")) drawn.set(part.dataset.part, part.innerHTML);
  }

  function choices(where) {
    return [...where.querySelectorAll("input[type=radio]:checked")].map((one) => [one.name, one.value]);
  }

  function choose(where, chosen) {
    for (const [name, value] of chosen) {
      const one = [...where.querySelectorAll(`input[name="${name}"]`)].find((input) => input.value === value);
      if (one && !one.disabled) one.checked = true;
    }
  }

  /** What only a script can do: the price on the button, the printer, the local time, the card's field. */
  function furnish() {
    const now = stage();
    const button = now.querySelector("#buy .go");
    const chosen = now.querySelector("input[name=program]:checked");
    if (button && !button.disabled) button.textContent = chosen ? `Pay ${chosen.dataset.price} and start` : "Pay and start";
    for (const one of now.querySelectorAll("[data-print]")) one.hidden = false;
    for (const one of now.querySelectorAll("time")) one.textContent = new Date(one.dateTime).toLocaleString();
    if (now.querySelector("#card")) card.mount(now);
    const confirm = now.querySelector("#confirm");
    if (confirm) confirmPayment(confirm, false);
  }

  async function confirmPayment(button, byHand) {
    await card.confirm(stage().dataset.stripe, button.dataset.secret, byHand);
    again(0);
  }

  // --- Looking ------------------------------------------------------------------------------------------------

  async function fetched(url, options) {
    const stop = new AbortController();
    const limit = setTimeout(() => stop.abort(), options ? 30000 : 10000);
    try {
      const answer = await fetch(url, { credentials: "same-origin", cache: "no-store", signal: stop.signal, ...options });
      if (answer.status >= 500) throw new Error(String(answer.status));
      return await answer.text();
    } finally {
      clearTimeout(limit);
    }
  }

  async function refreshPage() {
    if (busy || document.hidden) return;
    const mine = ++look;
    try {
      const html = await fetched(stage().dataset.here);
      if (mine !== look || busy) return;
      failures = 0;
      lost("");
      show(html);
    } catch {
      if (mine !== look || busy) return;
      failures += 1;
      offline();
    }
    again();
  }

  function offline() {
    const runs = stage().querySelector("[data-runs]");
    lost(`No connection.${runs ? " Your wash goes on at the bay." : ""} This page goes on by itself when you are back.`);
  }

  function again(ms) {
    clearTimeout(timer);
    const every = Number(stage().dataset.look) * 1000;
    const pause = ms ?? (failures ? Math.min(500 * 2 ** failures, 8000) : every);
    if (pause || ms === 0 || failures) timer = setTimeout(refreshPage, pause);
  }

  // --- Sending ------------------------------------------------------------------------------------------------

  async function send(form) {
    const body = new URLSearchParams(new FormData(form));
    const until = performance.now() + PATIENCE;
    for (let tries = 0; ; tries += 1) {
      try {
        return await fetched(form.action, { method: "POST", body });
      } catch {
        // The key of the purchase is the phone's cookie: sending again is the same purchase.
        lost("No connection. Trying again; you are never charged twice.");
        if (performance.now() > until) return null;
        await wait(Math.min(500 * 2 ** tries, 5000));
      }
    }
  }

  async function submit(form) {
    if (busy) return;
    busy = true;
    look += 1;
    form.setAttribute("aria-busy", "true");
    const button = form.querySelector("button");
    const words = button.textContent;
    button.textContent = "One moment";
    try {
      if (form.elements.payment_method?.type === "hidden") {
        form.elements.payment_method.value = (await card.method()) || "";
        if (!form.elements.payment_method.value) return;
      }
      const html = await send(form);
      if (html === null) return;
      failures = 0;
      lost("");
      show(html);
    } finally {
      busy = false;
      form.removeAttribute("aria-busy");
      if (button.textContent === "One moment") button.textContent = words;
      again();
    }
  }

  // --- The socket says when to look ------------------------------------------------------------------------------

  function listen() {
    const station = stage().dataset.station;
    const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/ws/stations?station=${station}`);
    let seen = "";
    socket.onmessage = (event) => {
      listen.pause = 1000;
      const message = JSON.parse(event.data);
      const one = message.type === "station" ? message.station : message.stations[0];
      const bay = JSON.stringify(one && [one.online, one.bays.map((it) => it.state), one.tanks.map((it) => it.status)]);
      if (seen && seen !== bay && Number(stage().dataset.look)) again(150);
      seen = bay;
    };
    socket.onclose = () => {
      listen.pause = Math.min((listen.pause || 1000) * 2, 30000);
      setTimeout(listen, listen.pause);
    };
  }

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-plain]")) return;
    event.preventDefault();
    submit(event.target);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const confirm = event.target.closest("#confirm");
    if (confirm) confirmPayment(confirm, true);
  });
  document.addEventListener("change", (event) => event.target.dataset.minor && furnish());
  document.addEventListener("visibilitychange", () => document.hidden || again(0));
  window.addEventListener("pageshow", (event) => event.persisted && again(0));
  window.addEventListener("online", () => again(0));
  window.addEventListener("offline", offline);
  setInterval(tick, 250);
  remember(stage());
  setClock();
  furnish();
  say(stage().dataset.said);
  listen();
  again();
})();
