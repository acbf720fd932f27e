// Live updates. The server says by events that something changed; the page is then asked for anew, and its parts with data-live
// are made like the new ones. Where events are refused, the status is asked for every ten seconds; a page that shows several instances, whose
// events are not in one stream, is asked for as often. A lost connection is said with since
// when, and the banner goes away by itself.
import { morph } from "./morph.js";
import { localTimes } from "./times.js";

const pollEvery = 10_000;
const pollsBetween = 30; // then events are tried again
const retryEvery = 5_000;
const restBetween = 1_500;
const patience = 8_000; // the server ends a stream every minute, and the browser comes back within some seconds

let lostSince = null;
let busy = false;
let again = false;
let last = 0;

export function live() {
  if (document.querySelector("[data-retry]")) return retry();
  if (!document.body.dataset.who || !document.querySelector("[data-live]")) return;
  (instance ? listen : poll)();
  unfinished();
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

const instance = document.body.dataset.instance;
const ofInstance = (path) => `${path}?instance=${encodeURIComponent(instance)}`;

// unfinished asks again for what the server had no time to tell.
async function unfinished() {
  while (document.querySelector("[data-unfinished]")) {
    await rest(2_000);
    await refresh();
  }
}

// listen takes events. What does not come back in time is lost; what is refused is asked for by polling instead.
function listen() {
  const source = new EventSource(ofInstance("/api/v1/events"));
  let late = null;
  const back = () => { clearTimeout(late); late = null; };
  source.onopen = () => {
    back();
    if (lostSince) refresh();
    found();
    say("Live");
  };
  for (const name of ["status", "orders", "backfill"]) source.addEventListener(name, () => refresh());
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) {
      back();
      poll();
    } else late ??= setTimeout(lost, patience);
  };
  addEventListener("pagehide", () => source.close());
}

// poll asks for the status, and for the page when the status has changed.
async function poll() {
  say("Updates every ten seconds");
  let before = null;
  if (!instance) {
    await rest(pollEvery);
    for (;; await rest(pollEvery)) await refresh();
  }
  for (let n = 0; n < pollsBetween || lostSince; n++) {
    try {
      const answer = await fetch(ofInstance("/api/v1/status"), { headers: { "X-Live": "1" } });
      if (answer.status === 401) return signInAgain();
      const text = await answer.text();
      if (answer.status >= 500) throw new Error(text);
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
    last = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
      if (answer.redirected && new URL(answer.url).pathname === "/login") return signInAgain();
      if (answer.status >= 500) throw new Error(String(answer.status));
      update(new DOMParser().parseFromString(await answer.text(), "text/html"));
      found();
    } catch {
      lost();
      await rest(retryEvery);
      again = true;
    }
  } while (again);
  busy = false;
}

function update(fresh) {
  localTimes(fresh);
  let changed = false;
  for (const part of document.querySelectorAll("[data-live]")) {
    const anew = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    if (!anew || part.isEqualNode(anew)) continue;
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
    try {
      if ((await fetch("/readyz")).ok) return location.reload();
    } catch { /* not yet */ }
  }
}

const rest = (ms) => new Promise((done) => setTimeout(done, ms));
