// Live updates. The server says by events that something changed; the page is then asked for anew, and its parts with data-live
// are made like the new ones. Where events are refused, the status is asked for every ten seconds; a page that shows several instances, whose
// events are not in one stream, is asked for as often. A lost connection is said with since
// when, and the banner goes away by itself. Only a tab that can be seen listens or asks: a browser has few connections to a host, and each
// tab that listens holds one.
import { morph } from "./morph.js";
import { localTimes } from "./times.js";

const pollEvery = 10_000;
const pollsBetween = 30; // then events are tried again
const retryEvery = 5_000;
const restBetween = 1_500;
const patience = 8_000; // the server ends a stream every minute, and the browser comes back within some seconds
const longest = 40_000; // the server answers sooner, or never

const firstAgain = 2_000; // what was not told in time is asked for after 2, 4, 8 s and so on
const longestAgain = 30_000;

let lostSince = null;
let unfinished = !!document.querySelector("[data-unfinished]"); // whether the latest answer lacks a part
let finishing = false;
let busy = false;
let again = false;
let last = 0;
let asked = document.body.dataset.asked; // when the server was asked for what the page shows, by its own clock

export function live() {
  if (document.querySelector("[data-retry]")) return retry();
  if (!document.body.dataset.who || !document.querySelector("[data-live]")) return;
  (instance ? listen : poll)();
  finish();
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

const instance = document.body.dataset.instance;
const ofInstance = (path, more = {}) => `${path}?${new URLSearchParams({ instance, ...more })}`;

// finish asks again for what the server had no time to tell, ever more rarely.
async function finish() {
  if (finishing) return;
  finishing = true;
  for (let wait = firstAgain; unfinished; wait = Math.min(2 * wait, longestAgain)) {
    await rest(wait);
    await refresh();
  }
  finishing = false;
}

// listen takes events while the tab can be seen. What does not come back in time is lost; what is refused is asked for by polling instead.
async function listen() {
  await shown();
  const source = new EventSource(ofInstance("/api/v1/events", { since: asked }));
  const over = new AbortController();
  let late = null;
  let opened = false;
  const back = () => { clearTimeout(late); late = null; };
  const end = (next) => { over.abort(); back(); source.close(); next?.(); };
  source.onopen = () => {
    back();
    if (opened || lostSince) refresh(); // whatever was told meanwhile, and to whom
    opened = true;
    found();
    say("Live");
  };
  for (const name of ["status", "orders", "backfill"]) source.addEventListener(name, () => refresh());
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) end(poll);
    else late ??= setTimeout(lost, patience);
  };
  addEventListener("pagehide", () => end(), { signal: over.signal });
  document.addEventListener("visibilitychange", () => { if (document.hidden) end(rests); }, { signal: over.signal });
}

// rests waits until the tab can be seen again, and brings it up to date.
async function rests() {
  say("Rests until it is looked at");
  await shown();
  refresh();
  listen();
}

// poll asks for the status, and for the page when the status has changed.
async function poll() {
  say("Updates every ten seconds");
  if (!instance) {
    for (;;) {
      await rest(pollEvery);
      await refresh();
    }
  }
  refresh(); // events may have been missed
  let before = null;
  for (let n = 0; n < pollsBetween || lostSince; n++) {
    await shown();
    try {
      const answer = await ask(ofInstance("/api/v1/status"));
      if (answer.status === 401) return signInAgain();
      const text = await answer.text();
      if (isDown(answer)) throw new Error(text);
      found();
      if (before !== null && text !== before) refresh();
      before = text;
    } catch {
      lost();
    }
    await rest(lostSince ? retryEvery : pollEvery);
  }
  listen();
}

// refresh brings the page up to date, one request at a time and not more often than it can be read.
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  do {
    again = false;
    await rest(Math.max(0, restBetween - (Date.now() - last)));
    await shown();
    last = Date.now();
    try {
      const answer = await ask(location.href);
      if (answer.redirected && new URL(answer.url).pathname === "/login") return signInAgain();
      if (isDown(answer)) throw new Error(String(answer.status));
      update(new DOMParser().parseFromString(await answer.text(), "text/html"));
      found();
    } catch {
      lost();
      await rest(retryEvery);
      again = true;
    }
  } while (again);
  busy = false;
  finish();
}

const ask = (path) => fetch(path, { headers: { "X-Live": "1" }, signal: AbortSignal.timeout(longest) });
const isDown = (answer) => answer.status >= 500 || answer.status === 429;

function update(fresh) {
  localTimes(fresh);
  asked = fresh.body.dataset.asked ?? asked;
  unfinished = !!fresh.querySelector("[data-unfinished]");
  let changed = false;
  for (const part of document.querySelectorAll("[data-live]")) {
    const anew = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    if (!anew || part.isEqualNode(anew)) continue;
    if (anew.querySelector("[data-unfinished]") && part.childElementCount) continue; // what is there stays until it is made anew
    morph(part, anew);
    changed = true;
  }
  if (!changed) return;
  document.title = fresh.title;
  document.dispatchEvent(new Event("live:updated"));
  const said = document.getElementById("said");
  if (said) said.textContent = document.querySelector("[data-live] .sentence")?.textContent ?? "The page was brought up to date.";
}

function lost() {
  lostSince ??= new Date();
  const banner = document.getElementById("connection");
  if (!banner || !banner.hidden) return;
  banner.textContent = `No connection to DataWald since ${lostSince.toLocaleTimeString()}. What you see is as of then. It is tried again by itself.`;
  banner.hidden = false;
}

function found() {
  lostSince = null;
  const banner = document.getElementById("connection");
  if (banner) banner.hidden = true;
}

function say(text) {
  const element = document.getElementById("live");
  if (element) element.textContent = text;
}

function signInAgain() {
  location.assign("/login?again=1&next=" + encodeURIComponent(location.pathname + location.search));
}

// retry loads a page that failed again once the gateway and what is behind it answer.
async function retry() {
  const words = document.querySelector("[data-retry-words]");
  if (words) words.textContent = "It is tried again by itself every five seconds.";
  for (;;) {
    await rest(retryEvery);
    await shown();
    try {
      if ((await fetch("/readyz")).ok) return location.reload();
    } catch { /* not yet */ }
  }
}

const rest = (ms) => new Promise((done) => setTimeout(done, ms));

// shown is kept once the tab can be seen.
const shown = () => new Promise((done) => {
  if (!document.hidden) return done();
  document.addEventListener("visibilitychange", done, { once: true });
});
