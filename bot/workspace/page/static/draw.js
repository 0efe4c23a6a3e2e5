// Draws what the server read from Block Kit.
// Invariant: whatever people or the bot wrote becomes a text node; no string is ever read as markup.

import { control, read, write } from "./controls.js";
import { make } from "./element.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code" };
const LINKS = /^(https?:\/\/|mailto:)/;

/** Spans as nodes; `me` is the reader's id, whose own name stands out. */
export function spans(text, me) {
  return (text ?? []).map((span) => {
    let node = document.createTextNode(span.text);
    for (const style of span.styles ?? []) node = make(STYLES[style], {}, node);
    if (span.url && LINKS.test(span.url)) node = make("a", { href: span.url, target: "_blank", rel: "noopener noreferrer" }, node);
    if (span.named) node = make("span", { class: span.named === me ? "named me" : "named" }, node);
    return node;
  });
}

/**
 * Blocks from top to bottom.
 * `press(button)` and `choose(control, value)` are called when one is used; `picture(name)` is a picture's address; `field(block)` draws an input.
 */
export function blocks(drawn, { me, press, choose, picture, field = undrawn }) {
  const text = (part) => spans(part, me);
  const element = (part) => {
    if (part.type === "text") return make("span", {}, ...text(part.text));
    if (part.type === "button") return button(part, press);
    if (part.type === "control") return chooser(part, choose);
    if (part.type === "image") return image(part, picture);
    return undrawn(part);
  };
  const draw = {
    header: (block) => make("h3", {}, ...text(block.text)),
    section: (block) => make("div", { class: "section" },
      block.text.length ? make("p", {}, ...text(block.text)) : null,
      block.fields.length ? make("div", { class: "fields" }, ...block.fields.map((each) => make("p", {}, ...text(each)))) : null,
      ...block.elements.map(element)),
    context: (block) => make("p", { class: "context" }, ...block.elements.map(element)),
    divider: () => make("hr"),
    image: (block) => make("figure", {}, block.title ? make("figcaption", {}, block.title) : null, image(block, picture)),
    actions: (block) => make("div", { class: "actions", role: "group", "aria-label": "Actions" }, ...block.elements.map(element)),
    rich_text: (block) => make("div", { class: "rich" }, ...block.parts.map((part) => rich(part, text))),
    input: field,
  };
  return drawn.map((block) => (draw[block.type] ?? undrawn)(block));
}

function rich(part, text) {
  if (part.type === "rich_text_list") {
    return make(part.ordered ? "ol" : "ul", {}, ...part.items.map((item) => make("li", {}, ...text(item))));
  }
  const tag = { rich_text_preformatted: "pre", rich_text_quote: "blockquote" }[part.type] ?? "p";
  return make(tag, {}, ...text(part.text));
}

function button(part, press) {
  const made = make("button", { type: "button", class: part.style || null, "data-action": part.action_id }, part.text);
  made.addEventListener("click", () => {
    if (LINKS.test(part.url)) window.open(part.url, "_blank", "noopener,noreferrer");
    press(part);
  });
  return made;
}

function chooser(part, choose) {
  const made = control(part, { "aria-label": part.placeholder || "Choose" });
  made.addEventListener("change", () => {
    choose(part, read(made));
    if (part.shape === "menu") write(made, "");
  });
  return made;
}

/** A picture; one that is not on this machine is told by its words. */
export function image(part, picture) {
  return part.name ? make("img", { src: picture(part.name), alt: part.alt }) : make("span", { class: "unfetched" }, `🖼 ${part.alt}`);
}

/** What the page cannot draw is named. */
export function undrawn(part) {
  return make("p", { class: "undrawn" }, `[${part.kind}: this page cannot draw it]`);
}
