// Forms and questions, as dialogs.
// Invariant: what was typed stays while a form is redrawn; Escape closes a form at the workspace, not only here.

import { control, isGroup, read, write } from "./controls.js";
import { blocks, spans, undrawn } from "./draw.js";
import { make } from "./element.js";

/** Asks what a button's confirmation dialog asks; resolves to whether the answer was yes. */
export function confirmed(dialog, { title, text, confirm, deny }) {
  const choose = (words, value, kind) => {
    const made = make("button", { type: "button", class: kind }, ...spans(words));
    made.addEventListener("click", () => dialog.close(value));
    return made;
  };
  dialog.replaceChildren(
    make("h2", { id: "confirm-title" }, ...spans(title)),
    make("p", { id: "confirm-text" }, ...spans(text)),
    make("div", { class: "buttons" }, choose(deny, "no", null), choose(confirm, "yes", "primary")),
  );
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/**
 * The form that is open before the person.
 * `submit(id, values)` and `close(id)` reach the workspace and resolve to a problem or ""; `drawing(id)` is what `blocks` takes for it.
 */
export class FormDialog {
  #dialog;
  #deeds;
  #drawn = "null";
  #form = null;

  constructor(dialog, deeds) {
    this.#dialog = dialog;
    this.#deeds = deeds;
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#close();
    });
    // a browser closes a dialog at the second Escape whatever we say
    dialog.addEventListener("close", () => { if (this.#form && !dialog.open) this.#close(); });
  }

  /** Shows this form, or none. */
  show(form) {
    const drawn = JSON.stringify(form);
    if (drawn === this.#drawn) return;
    const same = form?.id === this.#form?.id;
    const typed = same ? this.#values() : {};
    const focused = same ? document.activeElement?.id : "";
    this.#drawn = drawn;
    this.#form = form;
    if (!form) {
      this.#dialog.close();
      return;
    }
    this.#dialog.replaceChildren(this.#body(form));
    for (const [block, answer] of this.#answers()) {
      if (block in typed) write(answer, typed[block]);
    }
    if (!this.#dialog.open) this.#dialog.showModal();
    const first = (selector) => this.#dialog.querySelector(selector);
    (first("[aria-invalid]:not(fieldset), [aria-invalid] input") ?? (focused ? first(`#${CSS.escape(focused)}`) : null)
      ?? first("input, textarea, select, button.primary"))?.focus();
  }

  #body(form) {
    const cancel = make("button", { type: "button" }, form.close);
    cancel.addEventListener("click", () => this.#close());
    const body = make("form", { novalidate: true },
      make("h2", { id: "form-title" }, form.title),
      make("p", { class: "error", role: "alert" }, form.notice ?? ""),
      make("div", { class: "body" }, ...blocks(form.blocks, this.#deeds.drawing(form.id))),
      make("div", { class: "buttons" }, cancel, form.submit ? make("button", { class: "primary" }, form.submit) : null),
    );
    body.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    return body;
  }

  async #submit() {
    const button = this.#dialog.querySelector(".buttons .primary");
    button.disabled = true;
    const problem = await this.#deeds.submit(this.#form.id, this.#values());
    button.disabled = false;
    this.#dialog.querySelector("[role=alert]").textContent = problem;
  }

  async #close() {
    await this.#deeds.close(this.#form.id);
  }

  /** Block and control of each question that can be answered. */
  #answers() {
    return [...this.#dialog.querySelectorAll(".answer[data-shape]")].map((answer) => [answer.closest(".field").dataset.block, answer]);
  }

  #values() {
    return Object.fromEntries(this.#answers().map(([block, answer]) => [block, read(answer)]));
  }
}

/** A question of a form, with its hint and what is wrong with the answer. */
export function field(block) {
  const id = `field-${block.block_id}`;
  const said = [block.error ? `${id}-error` : null, block.hint ? `${id}-hint` : null].filter(Boolean).join(" ");
  const shared = { id, "aria-describedby": said || null, "aria-invalid": block.error ? "true" : null };
  const label = [block.label, block.optional ? make("small", {}, " (optional)") : null];
  const group = isGroup(block.control);
  const answer = block.control.type === "control"
    ? control(block.control, group ? {} : { ...shared, "aria-required": block.optional ? null : "true" })
    : undrawn(block.control);
  answer.classList.add("answer");
  return make(group ? "fieldset" : "div", { class: "field", "data-block": block.block_id, ...(group ? shared : {}) },
    group ? make("legend", {}, ...label) : make("label", { for: id }, ...label),
    answer,
    block.error ? make("p", { class: "error", id: `${id}-error` }, block.error) : null,
    block.hint ? make("p", { class: "hint", id: `${id}-hint` }, block.hint) : null,
  );
}
