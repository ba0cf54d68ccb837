/* The open alerts, for staff: what, where, since when, and who takes it on. */

import { age, component, make, plain, write } from "./words.js";

export class AlertPanel {
  constructor(root, { url, mayAcknowledge, refresh, warn }) {
    this.list = root.querySelector("#live-alerts");
    this.note = root.querySelector("#live-alerts-note");
    this.csrf = root.dataset.csrf;
    Object.assign(this, { url, mayAcknowledge, refresh, warn });
    this.rows = new Map();
    this.known = null;
  }

  /** The alerts could not be read: what is on the page stays, with the reason. */
  say(trouble) {
    write(this.note, trouble);
  }

  show(alerts) {
    const ids = new Set(alerts.map((alert) => alert.id));
    for (const [id, row] of this.rows) {
      if (!ids.has(id)) {
        row.element.remove();
        this.rows.delete(id);
      }
    }
    for (const alert of alerts) {
      if (!this.rows.has(alert.id)) this.rows.set(alert.id, new AlertRow(this));
      this.rows.get(alert.id).show(alert);
    }
    this.place(alerts.map((alert) => this.rows.get(alert.id).element));
    write(this.note, alerts.length ? "" : "Nothing is wrong.");
    this.cry(alerts);
  }

  /** Move rows only when their order changed: a move would take the focus from somebody who types. */
  place(elements) {
    const inOrder = elements.every((element, index) => this.list.children[index] === element);
    if (!inOrder) this.list.append(...elements);
  }

  /** Critical alerts that were not there at the last look are said at once. */
  cry(alerts) {
    const critical = alerts.filter((alert) => alert.severity === "critical");
    if (this.known) {
      const fresh = critical.filter((alert) => !this.known.has(alert.id));
      if (fresh.length) this.warn(fresh.map((one) => `${one.station_name}: ${component(one.component)} critical`).join(", "));
    }
    this.known = new Set(critical.map((alert) => alert.id));
  }

  async acknowledge(alert, reason) {
    const answer = await fetch(`${this.url}${alert.id}/acknowledge`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
      body: JSON.stringify({ reason }),
    });
    if (!answer.ok) {
      const body = await answer.json().catch(() => null);
      throw new Error(body?.error?.message || "It could not be saved. Try again.");
    }
    await this.refresh();
  }

  tick() {
    for (const row of this.rows.values()) row.tick();
  }
}

class AlertRow {
  constructor(panel) {
    this.panel = panel;
    this.element = make("li", "pw-alert");
    const head = make("div", "pw-alert-head");
    this.severity = make("span", "pw-severity");
    this.age = make("span", "pw-alert-age");
    head.append(this.severity, this.age);
    this.title = make("strong", "pw-alert-title");
    this.text = make("span", "pw-alert-text");
    this.foot = make("div", "pw-alert-foot");
    this.element.append(head, this.title, this.text, this.foot);
  }

  show(alert) {
    const changed = this.alert?.acknowledged_at !== alert.acknowledged_at || !this.alert;
    this.alert = alert;
    this.element.dataset.severity = alert.severity;
    this.element.dataset.acknowledged = Boolean(alert.acknowledged_at);
    write(this.severity, plain(alert.severity));
    write(this.title, `${component(alert.component)} · ${alert.station_name}`);
    const level = alert.level_pct === null ? "" : `Level ${alert.level_pct}% when raised`;
    write(this.text, alert.message || level);
    this.tick();
    if (changed) this.showFoot();
  }

  tick() {
    write(this.age, age(Date.now() - Date.parse(this.alert.raised_at)));
  }

  showFoot() {
    if (this.alert.acknowledged_at) {
      this.foot.replaceChildren(make("span", "pw-taken", "Somebody looks after it"));
    } else if (this.panel.mayAcknowledge) {
      const button = make("button", "pw-button", "Acknowledge");
      button.type = "button";
      button.setAttribute("aria-label", `Acknowledge ${this.title.textContent}`);
      button.onclick = () => this.ask();
      this.foot.replaceChildren(button);
    } else {
      this.foot.replaceChildren(); // it became worse, and nobody looks after that yet
    }
  }

  ask() {
    const form = make("form", "pw-ask");
    const label = make("label", "", "What is being done?");
    const input = make("input");
    input.required = true;
    input.maxLength = 200;
    label.append(input);
    const send = make("button", "pw-button pw-button-main", "Acknowledge");
    const back = make("button", "pw-button", "Back");
    back.type = "button";
    back.onclick = () => this.showFoot();
    const problem = make("p", "pw-problem");
    problem.setAttribute("role", "alert");
    form.append(label, send, back, problem);
    form.onsubmit = async (event) => {
      event.preventDefault();
      send.disabled = true;
      try {
        await this.panel.acknowledge(this.alert, input.value);
      } catch (error) {
        problem.textContent = error.message;
        send.disabled = false;
      }
    };
    this.foot.replaceChildren(form);
    input.focus();
  }
}
