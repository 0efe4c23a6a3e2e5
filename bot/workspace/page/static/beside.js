// What stands beside the workspace: the tour, the clock, the faults, and what happens behind the scenes.
// Invariant: it shows what the news tells; whatever people or the bot wrote becomes a text node.

import { make } from "./element.js";

const SIGNS = { allow: "✅", refuse: "⛔", unsure: "⚠️" };

/** Draws it; `aside(what)` asks for something there, `become(handle)` is somebody, `write(text)` puts a text into the message box, `alone()` makes room for it. */
export class Beside {
  #at;
  #does;
  #drawn = new Map();

  constructor(at, does) {
    this.#at = at;
    this.#does = does;
    at("open-beside").addEventListener("click", () => {
      this.open(at("beside").hidden);
      this.#at(at("beside").hidden ? "open-beside" : "close-beside").focus();
    });
    at("close-beside").addEventListener("click", () => this.#close());
    at("beside").addEventListener("keydown", (event) => { if (event.key === "Escape") this.#close(); });
  }

  /** Whether somebody wants the next click doubled; asking takes the wish away. */
  takeDouble() {
    const box = this.#at("twice");
    const wanted = Boolean(box?.checked);
    if (box) box.checked = false;
    return wanted;
  }

  open(wanted) {
    this.#at("beside").hidden = !wanted;
    this.#at("open-beside").setAttribute("aria-expanded", String(wanted));
    if (wanted) this.#does.alone();
  }

  #close() {
    this.open(false);
    this.#at("open-beside").focus();
  }

  show(news, me) {
    this.#at("open-beside").hidden = !news;
    if (!news) return;
    this.#at("marked").textContent = news.marked;
    this.#part("tour", [news.tour, me], () => (news.tour.step ? this.#step(news.tour.step, me) : this.#stories(news.tour.stories)));
    this.#part("clock", news.clock, () => this.#clock(news.clock));
    this.#part("troubles", [news.troubles, news.trouble], () => this.#troubles(news));
    this.#part("judged", news.judged, () => this.#judged(news.judged));
    this.#part("calls", news.calls, () => news.calls.map((each) => row(each.at, `${each.method} ${each.path}`, each.status, each.status < 400)));
    this.#part("ledger", news.ledger, () => news.ledger.map((each) => row(`#${each.seq} ${each.at}`, each.tag, [each.who, each.about].filter(Boolean).join(" · "), true)));
  }

  /** Draws a part anew when it is another one; the focus stays on the button of the same name. */
  #part(id, value, draw) {
    const looks = JSON.stringify(value);
    if (this.#drawn.get(id) === looks) return;
    this.#drawn.set(id, looks);
    const part = this.#at(id);
    const focused = part.contains(document.activeElement) ? document.activeElement.textContent : null;
    part.replaceChildren(...draw());
    if (focused !== null) [...part.querySelectorAll("button")].find((each) => each.textContent === focused)?.focus();
  }

  #button(label, click, kind = null) {
    const made = make("button", { type: "button", class: kind }, label);
    made.addEventListener("click", async () => {
      made.disabled = true;
      await click();
      made.disabled = false;
    });
    return made;
  }

  #ask(label, what, kind) {
    return this.#button(label, () => this.#does.aside(what), kind);
  }

  #stories(stories) {
    return !stories.length ? [] : [
      make("strong", {}, "Take a tour:"),
      ...stories.map((each) => {
        const made = this.#ask(`${each.done ? "✓ " : ""}${each.title}`, { what: "tour", do: each.name });
        made.title = each.about;
        return made;
      }),
    ];
  }

  #step(step, me) {
    const mine = step.who === me;
    const write = async () => {
      if (!mine) await this.#does.become(step.who);
      if (step.words) this.#does.write(step.words);
    };
    const first = step.name?.split(" ")[0];
    const label = step.words ? (mine ? "Write it for me" : `Be ${first}, and write it`) : `Be ${first}`;
    return [
      make("div", {}, make("strong", {}, step.at ? `${step.title}, step ${step.at} of ${step.of}` : step.title), make("p", {}, step.tell),
        step.words ? make("p", {}, make("code", {}, step.words)) : null),
      step.who && (step.words || !mine) ? this.#button(label, write, "primary") : null,
      step.trouble ? this.#ask("Switch it on", { what: "trouble", name: step.trouble }, "primary") : null,
      step.until ? this.#ask(`Let time pass until ${step.until}`, { what: "tour", do: "pass" }, "primary") : null,
      step.reads ? this.#ask(step.at === step.of ? "Done" : "Go on", { what: "tour", do: "next" }, "primary") : null,
      this.#ask("Leave the tour", { what: "tour", do: "leave" }),
    ].filter(Boolean);
  }

  #clock(jumps) {
    const buttons = jumps.map(({ to, label, at, why }) => {
      const made = this.#ask(label, { what: "clock", to });
      made.disabled = Boolean(why);
      made.title = at || why;
      return made;
    });
    const told = jumps.filter(({ at, why }) => at || why).map(({ label, at, why }) => make("li", {}, `${label}: ${at || why}`));
    return [make("div", { class: "actions" }, ...buttons), make("ul", {}, ...told)];
  }

  #troubles({ troubles, trouble }) {
    return [
      make("p", { class: trouble ? "error" : null }, trouble || "All is well."),
      make("div", { class: "actions" },
        ...troubles.map((each) => this.#ask(each.label, { what: "trouble", name: each.name })),
        this.#ask("Deliver my last again", { what: "redeliver" }),
        this.#ask("Kill the bot", { what: "restart" }, "danger")),
      make("label", { class: "box" }, make("input", { type: "checkbox", id: "twice" }), "My next click is a double click"),
    ];
  }

  #judged(judged) {
    if (!judged) return [make("p", {}, "Nothing was judged yet.")];
    return [
      make("p", {}, make("strong", {}, judged.what), ` ${judged.tag} · ${judged.who} · #${judged.seq}`),
      make("ul", {}, ...judged.answers.map((each) => make("li", { class: each.answer },
        make("span", { "aria-hidden": "true" }, SIGNS[each.answer]), " ", make("strong", {}, each.guard),
        make("span", { class: "unseen" }, ` (${each.answer})`), `: ${each.why}`))),
    ];
  }
}

function row(when, what, about, well) {
  return make("li", {}, make("small", {}, when), " ", make("code", {}, what), " ", make("span", { class: well ? null : "error" }, String(about)));
}
