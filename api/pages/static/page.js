// Makes the pages live: times by the viewer's clock, parts that change by themselves, and small comforts.
// Everything works without it, only less conveniently.
"use strict";

const EVERY_MS = 2000;
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const SHOWN = {
  clock: CLOCK,
  second: { ...CLOCK, second: "2-digit" },
  full: { weekday: "short", day: "numeric", month: "short", ...CLOCK },
  day: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
};

function yearIn(zone, at) {
  return new Intl.DateTimeFormat("en-GB", { year: "numeric", timeZone: zone }).format(at);
}

function written(at, show, zone) {
  const isOtherYear = show === "full" && yearIn(zone, at) !== yearIn(zone, new Date());
  const form = isOtherYear ? { ...SHOWN.full, year: "numeric" } : SHOWN[show];
  return new Intl.DateTimeFormat("en-GB", { ...form, timeZone: zone }).format(at);
}

function length(seconds) {
  for (const [size, one, many] of [[86400, "day", "days"], [3600, "h", "h"], [60, "min", "min"]]) {
    const count = Math.floor(seconds / size);
    if (count) return `${count} ${count === 1 ? one : many}`;
  }
  return `${Math.max(0, Math.floor(seconds))} s`;
}

// A time within a week is told by day and clock where a clock alone would be another day's.
function localize(time) {
  const at = new Date(time.dateTime);
  const { show, zone } = time.dataset;
  if (Number.isNaN(at.getTime())) return;
  if (show === "ago") {
    time.textContent = `${length((Date.now() - at) / 1000)} ago`;
    time.title = written(at, "full", HERE);
    return;
  }
  const isOtherDay = at.toDateString() !== new Date().toDateString();
  const form = show === "clock" && isOtherDay ? "full" : show;
  let text = written(at, form, HERE);
  if (zone && zone !== HERE && written(at, form, zone) !== text) {
    text += ` (${written(at, "clock", zone)} in ${zone.split("/").pop().replaceAll("_", " ")})`;
  }
  time.textContent = text;
  time.title = `${written(at, "full", HERE)} · ${HERE}`;
}

function decorate(root) {
  for (const time of root.querySelectorAll("time[datetime]")) localize(time);
  for (const tick of root.querySelectorAll("text[data-tick]")) {
    tick.textContent = written(new Date(tick.dataset.tick), "clock", HERE);
  }
}

// -- parts that change by themselves ---------------------------------------------------------------------------------

const address = document.body.dataset.live;
let etag = null;
let timer = null;
let failures = 0;

function isBusy(part) {
  const focused = document.activeElement;
  return part.contains(focused) && focused.matches("input, select, textarea, details[open] *");
}

function nameOf(element) {
  const name = ["id", "formaction", "href"].find((each) => element.hasAttribute(each));
  return name ? `[${name}="${CSS.escape(element.getAttribute(name))}"]` : "";
}

// What the viewer has opened, scrolled or focused stays so.
function replace(part, fresh) {
  const open = [...part.querySelectorAll("details[id][open]")].map((each) => each.id);
  const focused = part.contains(document.activeElement) ? nameOf(document.activeElement) : "";
  const scrolled = [...part.querySelectorAll(".scroll[id]")].map((each) => [each.id, each.scrollLeft, each.scrollTop]);
  part.replaceChildren(...fresh.childNodes);
  decorate(part);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, left, top] of scrolled) document.getElementById(id)?.scrollTo(left, top);
  if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of fresh.body.children) {
    const here = document.getElementById(part.id);
    if (here && !isBusy(here)) replace(here, part);
  }
}

function showOffline(isOffline) {
  const bar = document.getElementById("offline");
  if (bar) bar.hidden = !isOffline;
}

async function poll() {
  timer = null;
  try {
    const headers = etag ? { "If-None-Match": etag } : {};
    const answer = await fetch(address, { headers, cache: "no-store", redirect: "error", credentials: "same-origin" });
    if (answer.status === 401 && !document.querySelector("form[data-sent]")) return location.reload();
    if (answer.status === 200) {
      etag = answer.headers.get("ETag");
      show(await answer.text());
    } else if (answer.status !== 304) {
      throw new Error(String(answer.status));
    }
    failures = 0;
  } catch {
    failures += 1;
  }
  showOffline(failures >= 2);
  schedule();
}

function schedule() {
  if (document.hidden || timer !== null) return;
  timer = setTimeout(poll, EVERY_MS * Math.min(8, 1 + failures));
}

if (address) {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(timer);
      timer = null;
    } else if (timer === null) {
      poll();
    }
  });
  schedule();
}

// -- small comforts --------------------------------------------------------------------------------------------------

// It hangs at the right edge of the row, where it fits: from there it may move to the left.
function moveBelow(dialog, opened) {
  dialog.style.translate = "";
  const shift = opened.getBoundingClientRect().left - dialog.getBoundingClientRect().left;
  dialog.style.translate = `${Math.min(0, shift)}px`;
}

// One of the small dialogs at a time; Escape and a click elsewhere close it.
document.addEventListener("toggle", (event) => {
  const opened = event.target;
  if (!opened.matches("details.confirm") || !opened.open) return;
  for (const each of document.querySelectorAll("details.confirm[open]")) if (each !== opened) each.open = false;
  if (opened.closest(".actions, .tools")) moveBelow(opened.querySelector(".pop"), opened);
  opened.querySelector(".pop input:not([type=hidden]), .pop select, .pop button")?.focus();
}, true);
document.addEventListener("click", (event) => {
  for (const each of document.querySelectorAll("details.confirm[open]")) if (!each.contains(event.target)) each.open = false;
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.confirm[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// A form is sent once, and nothing else loads a page meanwhile.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A box that checks all others of its table.
document.addEventListener("change", (event) => {
  if (!event.target.matches("input[data-checks-all]")) return;
  for (const box of event.target.closest("table").querySelectorAll("tbody input[type=checkbox]")) {
    box.checked = event.target.checked;
  }
});

decorate(document);
document.querySelector("[data-focus]")?.focus();
// On a small screen the places are a line that is longer than the screen.
document.querySelector(".places [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
