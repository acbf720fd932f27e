// Live updates. The server says by events that something changed; the page is then asked for anew, and its parts with data-live
// are made like the new ones. Where events do not come, the status is asked for every ten seconds. A lost connection is said at
// once, with since when, and the banner goes away by itself.
import { morph } from "./morph.js";
import { localTimes } from "./times.js";

const pollEvery = 10_000;
const retryEvery = 5_000;
const restBetween = 1_500;

let lostSince = null;
let busy = false;
let again = false;
let last = 0;

export function live() {
  if (document.querySelector("[data-retry]")) return retry();
  if (!document.body.dataset.who || !document.querySelector("[data-live]")) return;
  listen();
}

// listen takes events; after two failures in a row it polls, and tries events again by and by.
function listen() {
  const instance = new URLSearchParams(location.search).get("instance");
  const source = new EventSource("/api/v1/events" + (instance ? `?instance=${encodeURIComponent(instance)}` : ""));
  let opened = false;
  source.onopen = () => {
    if (lostSince) refresh();
    opened = true;
    found();
    say("Live");
  };
  for (const name of ["status", "orders", "backfill"]) source.addEventListener(name, () => refresh());
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED || !opened) {
      source.close();
      poll();
    } else lost(); // the browser connects again by itself
  };
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

// poll asks for the status, and for the page when the status has changed.
async function poll() {
  say("Updates every ten seconds");
  const instance = new URLSearchParams(location.search).get("instance");
  let before = null;
  for (;;) {
    try {
      const answer = await fetch("/api/v1/status" + (instance ? `?instance=${encodeURIComponent(instance)}` : ""));
      if (answer.status === 401) return signInAgain();
      const text = await answer.text();
      if (!answer.ok && answer.status >= 500) throw new Error(text);
      found();
      if (before !== null && text !== before) refresh();
      before = text;
    } catch {
      lost();
    }
    await rest(lostSince ? retryEvery : pollEvery);
  }
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
