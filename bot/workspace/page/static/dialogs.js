// Forms and questions, as dialogs.
// Invariant: what was typed stays while a form is redrawn; Escape closes a form at the workspace, not only here.

import { blocks, make, spans, undrawn } from "./draw.js";

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

/** The form that is open before the person; `submit(id, values)` and `close(id)` reach the workspace and resolve to a problem or "". */
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
  }

  /** Shows this form, or none. */
  show(form, me) {
    const drawn = JSON.stringify(form);
    if (drawn === this.#drawn) return;
    const typed = form?.id === this.#form?.id ? this.#values() : {};
    this.#drawn = drawn;
    this.#form = form;
    if (!form) {
      this.#dialog.close();
      return;
    }
    this.#dialog.replaceChildren(this.#body(form, me));
    for (const [block, value] of Object.entries(typed)) {
      const control = this.#control(block);
      if (control) control.value = value ?? "";
    }
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.querySelector("[aria-invalid], input, textarea, select, button.primary")?.focus();
  }

  #body(form, me) {
    const cancel = make("button", { type: "button" }, form.close);
    cancel.addEventListener("click", () => this.#close());
    const body = make("form", { novalidate: true },
      make("h2", { id: "form-title" }, form.title),
      make("p", { class: "error", role: "alert" }, form.notice ?? ""),
      make("div", { class: "body" }, ...blocks(form.blocks, { me, field, press: (part) => this.#deeds.press(form.id, part) })),
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

  #control(block) {
    return this.#dialog.querySelector(`[name="${CSS.escape(block)}"]`);
  }

  #values() {
    return Object.fromEntries([...this.#dialog.querySelectorAll("[name]")].map((each) => [each.name, each.value || null]));
  }
}

function field(block) {
  const id = `field-${block.block_id}`;
  const said = [block.error ? `${id}-error` : null, block.hint ? `${id}-hint` : null].filter(Boolean).join(" ");
  const shared = { id, name: block.block_id, "aria-describedby": said || null, "aria-invalid": block.error ? "true" : null,
    "aria-required": block.optional ? null : "true" };
  return make("div", { class: "field" },
    make("label", { for: id }, block.label, block.optional ? make("small", {}, " (optional)") : null),
    control(block, shared),
    block.error ? make("p", { class: "error", id: `${id}-error` }, block.error) : null,
    block.hint ? make("p", { class: "hint", id: `${id}-hint` }, block.hint) : null,
  );
}

function control(block, shared) {
  let made;
  if (block.undrawn) return undrawn(block.undrawn);
  if (block.kind === "static_select") {
    made = make("select", shared, make("option", { value: "" }, "Choose…"),
      ...block.options.map(([value, label]) => make("option", { value }, label)));
  } else if (block.kind === "datetimepicker") {
    made = make("input", { ...shared, type: "datetime-local", title: block.zone });
  } else {
    made = make(block.multiline ? "textarea" : "input", { ...shared, ...(block.multiline ? { rows: "3" } : { type: "text" }) });
  }
  made.value = block.value ?? "";
  return made;
}
