// Completes commands while they are typed: their words first, then their arguments.
// Invariant: what is offered comes from the bot's own table; nothing is sent that the person did not send.

import { make } from "./element.js";

/** What could be meant: the text to write instead, and what is said about it. */
export function offers(commands, typed) {
  const [word, ...rest] = typed.split(/\s+/);
  if (!typed.startsWith("/") || (rest.length === 0 && !"/release".startsWith(word)) || (rest.length > 0 && word !== "/release")) return [];
  if (rest.length === 0) return [{ text: "/release ", shows: "/release", about: "Ask for a release, decide about one, or see how things stand" }];
  const said = rest.join(" ").toLowerCase();
  const command = commands.filter((each) => said.startsWith(`${each.name} `)).sort((a, b) => b.name.length - a.name.length)[0];
  const names = commands.filter((each) => each.name.startsWith(said))
    .map((each) => ({ text: `/release ${each.name}${each.arguments.length ? " " : ""}`, shows: each.name, about: each.summary }));
  return [...names, ...(command ? ofArguments(command, rest.slice(command.name.split(" ").length)) : [])];
}

function ofArguments(command, words) {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const written = (value) => ["/release", command.name, ...before, value].join(" ");
  const named = new Map(command.arguments.filter((each) => each.named).map((each) => [each.name, each]));
  const isPair = (word) => named.has(word.split("=")[0]) && word.includes("=");
  const inOrder = command.arguments.filter((each) => !each.named);
  const next = inOrder[before.filter((each) => !isPair(each)).length];
  const [name, value] = current.split("=");
  if (value !== undefined && named.has(name)) {
    return named.get(name).options.filter((each) => each.startsWith(value) && each !== value)
      .map((each) => ({ text: `${written(`${name}=${each}`)} `, shows: `${name}=${each}`, about: "" }));
  }
  const values = (next?.options ?? []).filter((each) => each.startsWith(current) && each !== current)
    .map((each) => ({ text: `${written(each)} `, shows: each, about: next.name }));
  const pairs = next && !next.rest ? [] : [...named.keys()].filter((each) => each.startsWith(current) && each !== "seen")
    .filter((each) => !before.some((word) => word.startsWith(`${each}=`)))
    .map((each) => ({ text: written(`${each}=`), shows: `${each}=…`, about: "" }));
  return [...values, ...(values.length || next?.rest ? [] : pairs)];
}

/** How the command that is being typed is written, or "". */
export function usageOf(commands, typed) {
  const said = typed.replace(/^\/release\s+/, "").toLowerCase();
  if (said === typed.toLowerCase()) return "";
  return commands.filter((each) => said === each.name || said.startsWith(`${each.name} `)).sort((a, b) => b.name.length - a.name.length)[0]?.usage ?? "";
}

/** A list of offers above a text field: arrows choose, Tab or Enter takes, Escape closes. */
export class Completion {
  #field;
  #list;
  #usage;
  #commands = [];
  #offers = [];
  #chosen = -1;

  constructor(field, list, usage) {
    this.#field = field;
    this.#list = list;
    this.#usage = usage;
    field.addEventListener("input", () => this.look());
    field.addEventListener("blur", () => this.#show([]));
    field.addEventListener("focus", () => { if (field.value) this.look(); });
    field.addEventListener("keydown", (event) => this.#key(event));
  }

  /** The commands to complete. */
  set commands(commands) {
    this.#commands = commands;
  }

  /** Looks at what stands in the field. */
  look() {
    this.#usage.textContent = usageOf(this.#commands, this.#field.value);
    this.#show(this.#commands.length ? offers(this.#commands, this.#field.value).slice(0, 12) : []);
  }

  #show(found) {
    this.#offers = found;
    this.#choose(-1);
    this.#list.hidden = !found.length;
    this.#field.setAttribute("aria-expanded", String(Boolean(found.length)));
    this.#list.replaceChildren(...found.map((offer, index) => {
      const made = make("li", { role: "option", id: `offer-${index}`, "aria-selected": "false" }, make("code", {}, offer.shows), " ", make("small", {}, offer.about));
      made.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.#take(index);
      });
      return made;
    }));
  }

  #choose(index) {
    this.#chosen = index;
    for (const [each, made] of [...this.#list.children].entries()) made.setAttribute("aria-selected", String(each === index));
    if (index < 0) this.#field.removeAttribute("aria-activedescendant");
    else this.#field.setAttribute("aria-activedescendant", `offer-${index}`);
    this.#list.children[index]?.scrollIntoView({ block: "nearest" });
  }

  #take(index) {
    this.#field.value = this.#offers[index].text;
    this.look();
  }

  #key(event) {
    const count = this.#offers.length;
    if (!count) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#choose((this.#chosen + (event.key === "ArrowDown" ? 1 : this.#chosen < 0 ? 0 : -1) + count) % count);
    } else if (event.key === "Tab" && !event.shiftKey) {
      this.#take(Math.max(this.#chosen, 0));
    } else if (event.key === "Enter" && this.#chosen >= 0) {
      this.#take(this.#chosen);
    } else if (event.key === "Escape") {
      this.#show([]);
    } else {
      return;
    }
    event.preventDefault();
  }
}
