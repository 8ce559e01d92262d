// A notebook as a page for a room: keys that go through it, the section's minutes, and the instructor's note.

const { here, notebooks } = JSON.parse(document.getElementById("jupyter-config-data").textContent).redislab;
const notebook = notebooks.find(({ name }) => name === here);
const sections = notebook.sections.map((section) => ({ ...section, el: document.getElementById(`cell-id=${section.id}`) }));
const find = (selector) => document.querySelector(selector);
const [head, list, timer, drawer] = [".present-head", ".present-sections", ".present-timer", ".present-note"].map(find);

// Going through it ---------------------------------------------------------------------------------------------

const NEAR = 12; // px: what is that near to the top is what we are at
const PAGE = 0.85; // of what is in sight: no key may pass over a line

const top = (el) => el.getBoundingClientRect().top - head.offsetHeight - NEAR;
const shown = (el) => el.offsetParent !== null;
const room = () => innerHeight - head.offsetHeight - (drawer.hidden ? 0 : drawer.offsetHeight);

// Voilà may put the cells into a box that scrolls by itself
function scroller() {
  for (let el = find("#rendered_cells"); el; el = el.parentElement) {
    if (el.scrollHeight > el.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(el).overflowY)) return el;
  }
  return document.scrollingElement;
}

function stops() {
  const parts = document.querySelectorAll("#rendered_cells .jp-MarkdownOutput :is(h2, h3, h4), #rendered_cells :is(.rl-panel, .rl-race)");
  return [...parts].filter(shown).map(top);
}

const by = (distance) => scroller().scrollBy({ top: distance, behavior: "instant" });

function next() {
  by(Math.min(PAGE * room(), ...stops().filter((distance) => distance > NEAR)));
}

function back() {
  by(Math.max(-PAGE * room(), ...stops().filter((distance) => distance < -NEAR)));
}

function section() {
  return sections.findLast(({ el }) => top(el) < 0.4 * room()) ?? sections[0];
}

function jump(step) {
  const others = sections.map(({ el }) => top(el)).filter((distance) => step * distance > NEAR);
  if (others.length) by(step > 0 ? Math.min(...others) : Math.max(...others));
}

// The section's minutes ------------------------------------------------------------------------------------------

const KEPT = `redislab-minutes-${here}`; // a page that is loaded anew goes on counting
const spent = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}"); // s, by section
let since = null; // when it was last looked at, while it runs

function tick() {
  const now = performance.now();
  const { id, minutes, title } = section();
  if (since !== null) spent[id] = (spent[id] ?? 0) + (now - since) / 1000;
  since = since === null ? null : now;
  sessionStorage.setItem(KEPT, JSON.stringify(spent));
  const left = 60 * minutes - (spent[id] ?? 0);
  const text = clock(minutes ? left : (spent[id] ?? 0));
  timer.textContent = `${since === null ? "▷" : "◼"} ${text}`;
  timer.classList.toggle("running", since !== null);
  timer.classList.toggle("over", minutes > 0 && left < 0);
  list.firstElementChild.textContent = title;
  say(text);
}

function clock(seconds) {
  const whole = Math.abs(Math.ceil(seconds));
  return `${seconds <= -1 ? "−" : ""}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function startOrStop() {
  since = since === null ? performance.now() : null;
  tick();
}

function anew() {
  delete spent[section().id];
  tick();
}

// The instructor's note ----------------------------------------------------------------------------------------------

const PARTS = { ask: "Ask the room", drag: "Drag", see: "They will see" };
let apart = null; // a window of its own, for the instructor's screen

function note({ title, minutes, ...parts }, text) {
  const made = (name, content, ...children) => {
    const el = Object.assign(document.createElement(name), { textContent: content });
    el.append(...children);
    return el;
  };
  const rows = Object.entries(PARTS).map(([key, label]) => made("div", "", made("dt", label), made("dd", parts[key])));
  const plan = minutes ? ` ${minutes} min, ${text} left` : " outside the minutes";
  return [made("h2", title, made("small", plan)), made("dl", "", ...rows)];
}

function say(text) {
  if (!drawer.hidden) drawer.replaceChildren(...note(section(), text));
  if (apart && !apart.closed) apart.document.querySelector(".present-note").replaceChildren(...note(section(), text));
}

function toggleNote() {
  drawer.hidden = !drawer.hidden;
  tick();
}

function openNote() {
  apart = window.open("", "redislab-note", "width=760,height=560");
  if (!apart) return; // the browser does not let us
  const sheet = find("link[href*='present.css']").href;
  apart.document.body.innerHTML = `<link rel="stylesheet" href="${sheet}"><aside class="present-note"></aside>`;
  apart.document.body.className = "present-page present-window";
  apart.document.title = notebook.title;
  tick();
}

// Keys --------------------------------------------------------------------------------------------------------------

const toggleCode = () => document.body.classList.toggle("present-code");
const KEYS = {
  ArrowRight: next, PageDown: next, ArrowLeft: back, PageUp: back, n: toggleNote, N: openNote, t: startOrStop, T: anew, c: toggleCode,
};
const SHIFTED = { ArrowRight: () => jump(1), ArrowLeft: () => jump(-1) };
const TEXT = "textarea, input:not([type=checkbox], [type=radio], [type=range])";
const ARROWS = "textarea, input, select"; // what they move, if it was touched last

// A presenter's remote sends PageDown and PageUp, which therefore turn pages whatever was touched last.
function pressed(event) {
  const act = (event.shiftKey && SHIFTED[event.key]) || KEYS[event.key];
  const control = event.target.closest?.(event.key.startsWith("Arrow") && !event.shiftKey ? ARROWS : TEXT);
  if (!act || control || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function clicked({ target }) {
  if (target.closest(".present-timer")) startOrStop();
  else if (target.closest(".present-ask")) toggleNote();
  else if (target.closest(".rl-source figcaption")) toggleCode();
  if (!target.closest("summary")) list.open = false;
}

// The figures need not ask their kernel for plotly.js: it came with the page.
globalThis.redislabPlotly = { promise: Promise.resolve(globalThis.Plotly), loading: true };

document.addEventListener("keydown", pressed, { capture: true });
document.addEventListener("click", clicked);
// the kernel has ended with the page
addEventListener("pageshow", (event) => event.persisted && location.reload());
setInterval(tick, 250);
tick();
