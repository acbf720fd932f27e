// What all pages have: times in the browser's zone, the theme switch, keys, and live updates. Everything else works without it.
import { localTimes } from "./times.js";
import { themeSwitch } from "./switch.js";
import { keys } from "./keys.js";
import { selection } from "./selection.js";
import { live } from "./live.js";
import { editor } from "./editor.js";
import { keep } from "./keep.js";

localTimes(document);
themeSwitch();
keys();
selection();
keep();
editor();
live();

// A form that failed says why; whoever uses a keyboard or a screen reader is led there.
(document.getElementById("fault") ?? document.getElementById("problems"))?.focus();

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
// Who comes back to a page by the browser's own button may send its form again.
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
