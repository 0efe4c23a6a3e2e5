// The page of one person: what they see, kept up to date by the server's news, and what they do.
// Invariant: what is shown comes from the news alone; a deed changes nothing here until the workspace tells of it.

import { Beside } from "./beside.js";
import { Completion } from "./complete.js";
import { confirmed, field, FormDialog } from "./dialogs.js";
import { blocks, image } from "./draw.js";
import { make } from "./element.js";

const at = (id) => document.getElementById(id);
const root = new URL(".", location.href);
const messages = new Map();
const known = new Set();
const unread = new Set();
let news = null;
let channel = null;
let thread = null;
let tab = "messages";
let caughtUp = false;
let source = null;
let arrived = () => {};

const beside = new Beside(at, {
  aside: (what) => deed({ do: "aside", what }, say),
  become: (who) => become(news.people.find((each) => each.id === who || each.handle === who).handle),
  alone() {
    thread = null;
    draw();
  },
  write(text) {
    go(news.channels[0].id);
    at("text").value = text;
    at("text").focus();
  },
});
const completion = new Completion(at("text"), at("offers"), at("usage"));
const form = new FormDialog(at("form"), {
  drawing,
  submit: (view, values) => deed({ do: "submit", view, values }),
  close: (view) => deed({ do: "close", view }),
});

function say(problem, told) {
  at("problem").textContent = problem;
  at("told").textContent = told;
}

/** Asks the workspace for something; resolves to what went wrong, or ""; `then(problem, told)` is told both. */
async function deed(what, then = () => {}) {
  try {
    const answer = await fetch(new URL("deeds", root), {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ person: news.me, ...what }),
    });
    const { problem, error, told } = await answer.json();
    then(problem ?? error ?? "", told ?? "");
    return problem ?? error ?? "";
  } catch {
    then("The demo does not answer; it may have ended.", "");
    return "The demo does not answer; it may have ended.";
  }
}

/** How the blocks of a message (by its version) or a view (by its id) are drawn, and what their buttons and menus do. */
function drawing(on) {
  const use = async (part, what) => {
    if (part.confirm && !(await confirmed(at("confirm"), part.confirm))) return;
    at("problem").textContent = await deed({ ...what, on, action_id: part.action_id });
  };
  return {
    me: news.me,
    field,
    picture,
    press: (part) => use(part, { do: "press", twice: beside.takeDouble() }),
    choose: (part, value) => use(part, { do: "choose", value }),
  };
}

function picture(name) {
  return new URL(`pictures/${encodeURIComponent(name)}${location.search}`, root);
}

// ------------------------------------------------------------ news

/** Be somebody, by handle; null is whoever comes first. Resolves once the page is theirs. */
function become(handle) {
  history.replaceState(null, "", handle ? `${root}?as=${encodeURIComponent(handle)}` : root);
  thread = null;
  caughtUp = false;
  known.clear();
  unread.clear();
  for (const each of ["messages", "pinned", "home"]) at(each).replaceChildren();
  listen();
  return new Promise((resolve) => { arrived = resolve; });
}

async function learn() {
  try {
    completion.commands = await (await fetch(new URL("words", root))).json();
  } catch {
    completion.commands = [];  // the box works without
  }
}

/** Hears what is new for the person of the address, from the beginning. */
function listen() {
  source?.close();
  source = new EventSource(new URL(`news${location.search}`, root));
  source.onopen = () => messages.clear();
  source.onmessage = (event) => look(JSON.parse(event.data));
  source.onerror = () => { at("now").textContent = "Not connected: the demo does not answer."; };
}

function look(told) {
  for (const [key, message] of Object.entries(told.messages)) {
    if (message && caughtUp && !known.has(key) && message.channel !== channel) unread.add(message.channel);
    if (message) messages.set(key, message);
    else messages.delete(key);
    known.add(key);
  }
  caughtUp = true;
  news = told;
  if (!news.channels.some((each) => each.id === channel)) channel = news.channels[0]?.id ?? null;
  at("now").textContent = news.now;
  at("me").replaceChildren(...news.people.map((each) => make("option", { value: each.handle, selected: each.id === news.me }, each.name)));
  draw();
  form.show(news.form);
  beside.show(news.beside, me().handle);
  arrived();
}

function me() {
  return news.people.find((each) => each.id === news.me);
}

// ------------------------------------------------------------ drawing

function draw() {
  const shown = news.channels.find((each) => each.id === channel);
  const home = Boolean(shown?.tabs) && tab === "home";
  at("channel").textContent = shown ? named(shown) : "No conversation";
  at("text").disabled = !shown;
  document.title = `${at("channel").textContent} · ${at("me").selectedOptions[0]?.text ?? "Signalbox"}`;
  drawChannels();
  at("tabs").hidden = !shown?.tabs;
  for (const each of ["home", "messages"]) at(`tab-${each}`).setAttribute("aria-selected", String(each === (home ? "home" : "messages")));
  at("home").hidden = !home;
  for (const each of ["messages", "box"]) at(each).hidden = home;
  const here = [...messages.values()].filter((each) => each.channel === channel).sort((a, b) => (a.ts < b.ts ? -1 : 1));
  drawPins(home ? [] : (shown?.pins ?? []).map((ts) => here.find((each) => each.ts === ts)).filter(Boolean));
  if (home) drawHome();
  fill(at("messages"), here.filter((each) => !each.thread), (each) => here.filter((reply) => reply.thread === each.ts).length);
  const parent = here.find((each) => each.ts === thread);
  at("thread").hidden = !parent;
  if (parent) fill(at("replies"), here.filter((each) => each === parent || each.thread === thread), () => 0);
}

function named(each) {
  return each.direct ? each.name : `# ${each.name}`;
}

function drawChannels() {
  const focused = document.activeElement?.dataset.channel;
  at("channels").replaceChildren(...news.channels.filter((each) => !each.direct).map(entry));
  at("directs").replaceChildren(...news.channels.filter((each) => each.direct).map(entry));
  if (focused) document.querySelector(`nav [data-channel="${CSS.escape(focused)}"]`)?.focus();
}

function entry(each) {
  const dot = unread.has(each.id) ? make("span", { class: "dot" }, make("span", { class: "unseen" }, "unread")) : null;
  const made = make("button", { type: "button", "data-channel": each.id, "aria-current": each.id === channel ? "true" : null }, named(each), dot);
  made.addEventListener("click", () => go(each.id));
  return make("li", {}, made);
}

/** The newest pin is named above the messages, and opens to its card. */
function drawPins(pinned) {
  at("pins").hidden = !pinned.length;
  if (!pinned.length) return;
  at("pin").textContent = `📌 ${pinned.length === 1 ? "" : `${pinned.length} pinned, the latest: `}${pinned.at(-1).headline}`;
  fill(at("pinned"), pinned.toReversed(), () => 0);
}

function drawHome() {
  const looks = JSON.stringify(news.home);
  if (at("home").dataset.looks === looks && at("home").childElementCount) return;
  const within = at("home").contains(document.activeElement);
  const focused = document.activeElement?.dataset.action;
  at("home").dataset.looks = looks;
  at("home").replaceChildren(...(news.home
    ? blocks(news.home.blocks, drawing(news.home.id))
    : [make("p", { class: "hint" }, "The bot has not published anything here yet.")]));
  if (within) ([...at("home").querySelectorAll("[data-action]")].find((each) => each.dataset.action === focused) ?? at("home")).focus();
}

/** Draws a log; what looks as before is left alone, so that focus, scrolling and screen readers are not disturbed. */
function fill(log, wanted, replies) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const there = new Map([...log.children].map((node) => [node.dataset.ts, node]));
  let next = log.firstChild;
  for (const message of wanted) {
    const looks = `${message.version} ${replies(message)}`;
    let node = there.get(message.ts);
    there.delete(message.ts);
    if (node?.dataset.looks !== looks) {
      const fresh = article(message, replies(message), looks);
      if (node) replace(node, fresh);
      else log.insertBefore(fresh, next);
      node = fresh;
    }
    next = node.nextSibling;
  }
  for (const gone of there.values()) gone.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function replace(old, fresh) {
  const within = old.contains(document.activeElement);
  const focused = within ? document.activeElement.dataset.action : undefined;
  old.replaceWith(fresh);
  if (within) ([...fresh.querySelectorAll("[data-action]")].find((each) => each.dataset.action === focused) ?? fresh).focus();
}

function article(message, replies, looks) {
  const made = make("article", { "data-ts": message.ts, "data-looks": looks, tabindex: "-1", "aria-label": `${message.who}, ${message.time}` },
    make("span", { class: message.app ? "face app" : "face", "aria-hidden": "true" }, message.app ? "🚦" : message.who.slice(0, 1)),
    make("div", { class: "said" },
      make("p", { class: "by" }, make("strong", {}, message.who), message.app ? make("span", { class: "tag" }, "APP") : null,
        make("time", { datetime: message.moment }, message.time),
        message.edited ? make("small", {}, "(edited)") : null,
        message.private ? make("small", {}, "Only visible to you") : null),
      ...blocks(message.blocks, drawing(message.version)),
      ...message.files.map(file),
      replies ? repliesButton(message, replies) : null,
    ));
  if (message.private) made.classList.add("private");
  return made;
}

function file({ id, name, title, size, picture: shown }) {
  const address = new URL(`files/${encodeURIComponent(id)}${location.search}`, root);
  return make("figure", {},
    make("figcaption", {}, "📎 ", make("a", { href: address, download: name }, title), ` ${name}, ${Math.ceil(size / 1024)} KB`),
    shown ? image({ name: id, alt: title }, picture) : null);
}

function repliesButton(message, count) {
  const made = make("button", { type: "button", class: "replies", "data-action": "replies" }, `${count} ${count === 1 ? "reply" : "replies"}`);
  made.addEventListener("click", () => {
    thread = message.ts;
    beside.open(false);
    at("replies").replaceChildren();
    draw();
    at("replies").focus();
  });
  return made;
}

// ------------------------------------------------------------ what people do

function go(to) {
  channel = to;
  thread = null;
  tab = "messages";
  unread.delete(to);
  say("", "");
  for (const each of ["messages", "pinned"]) at(each).replaceChildren();
  draw();
  at("messages").scrollTop = at("messages").scrollHeight;
}

async function visit(to) {
  tab = to;
  draw();
  at("problem").textContent = await deed({ do: "visit", tab: to });
}

function leaveThread() {
  const parent = [...at("messages").children].find((each) => each.dataset.ts === thread);
  thread = null;
  draw();
  (parent?.querySelector(".replies") ?? at("text")).focus();
}

for (const each of ["home", "messages"]) at(`tab-${each}`).addEventListener("click", () => visit(each));
at("tabs").addEventListener("keydown", (event) => {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  const other = tab === "home" ? "messages" : "home";
  at(`tab-${other}`).focus();
  visit(other);
});
at("me").addEventListener("change", () => become(at("me").value));
document.addEventListener("visibilitychange", () => {
  // browsers keep six connections to one place, for all tabs together: a tab that nobody sees gives its own up
  if (document.hidden) source.close();
  else listen();
});
at("thread-close").addEventListener("click", leaveThread);
at("thread").addEventListener("keydown", (event) => { if (event.key === "Escape") leaveThread(); });
at("box").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!text) return;
  at("text").value = "";
  completion.look();
  const problem = await deed({ do: "say", channel, text }, say);
  if (problem && !at("text").value) at("text").value = text;
});
at("reply-box").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = at("reply").value.trim();
  if (!text) return;
  at("reply").value = "";
  const problem = await deed({ do: "say", channel, text, thread });
  at("reply-problem").textContent = problem;
  if (problem && !at("reply").value) at("reply").value = text;
});
learn();
become(new URLSearchParams(location.search).get("as"));
