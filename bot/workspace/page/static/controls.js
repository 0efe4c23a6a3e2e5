// What people choose in and fill in, on messages, in forms and on the App Home.
// Invariant: a value is what the workspace takes: a text, an option's value, a list of them, or null.

import { make } from "./element.js";

const GROUPS = ["radio", "boxes"];

/** Whether a control is several boxes, which take a legend instead of a label. */
export function isGroup(control) {
  return GROUPS.includes(control.shape);
}

/** The control of one element; `attributes` go to what takes the focus, or to the group. */
export function control(drawn, attributes = {}) {
  const made = draw(drawn, attributes);
  made.dataset.shape = drawn.shape;
  made.dataset.action = drawn.action_id;
  write(made, drawn.value);
  return made;
}

function draw({ shape, options, placeholder, multiline, zone, block_id, action_id }, attributes) {
  if (shape === "boxes" || shape === "radio") {
    const type = shape === "radio" ? "radio" : "checkbox";
    const box = ([value, label]) =>
      make("label", { class: "box" }, make("input", { type, value, name: `${block_id}/${action_id}` }), make("span", {}, label));
    return make("div", { class: "boxes", ...attributes }, ...options.map(box));
  }
  if (shape === "select" || shape === "several" || shape === "menu") {
    const first = shape === "several" ? [] : [make("option", { value: "" }, placeholder || (shape === "menu" ? "⋯" : "Choose…"))];
    return make("select", { ...attributes, multiple: shape === "several" }, ...first,
      ...options.map(([value, label]) => make("option", { value }, label)));
  }
  if (multiline) return make("textarea", { ...attributes, rows: "3", placeholder: placeholder || null });
  return make("input", { ...attributes, type: shape, step: shape === "number" ? "any" : null, placeholder: placeholder || null, title: zone });
}

/** What stands in a control. */
export function read(made) {
  switch (made.dataset.shape) {
    case "boxes": return [...made.querySelectorAll("input:checked")].map((each) => each.value);
    case "several": return [...made.selectedOptions].map((each) => each.value);
    case "radio": return made.querySelector("input:checked")?.value ?? null;
    default: return made.value || null;
  }
}

/** Puts a value into a control. */
export function write(made, value) {
  const wanted = Array.isArray(value) ? value : [value];
  switch (made.dataset.shape) {
    case "boxes":
    case "radio":
      for (const each of made.querySelectorAll("input")) each.checked = wanted.includes(each.value);
      break;
    case "several":
      for (const each of made.options) each.selected = wanted.includes(each.value);
      break;
    default: made.value = value ?? "";
  }
}
