// Looks a page over as people meet it who use a keyboard, a screen reader or weak eyes. Gives a list of faults, each "rule: where".
(() => {
  const faults = [];
  const where = (e) => `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""}${e.classList.length ? "." + [...e.classList].join(".") : ""} "${(e.textContent || e.value || "").trim().replace(/\s+/g, " ").slice(0, 40)}"`;
  const fault = (rule, e) => faults.push(`${rule}: ${typeof e === "string" ? e : where(e)}`);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest("[aria-hidden=true]");
  const words = (e) => (e?.innerText ?? e?.textContent ?? "").trim();
  const named = (ids) => ids.split(/\s+/).map((id) => words(document.getElementById(id)) || (document.getElementById(id)?.textContent ?? "").trim()).join(" ").trim();
  const name = (e) => {
    if (e.hasAttribute("aria-labelledby")) return named(e.getAttribute("aria-labelledby"));
    if (e.getAttribute("aria-label")) return e.getAttribute("aria-label").trim();
    if (e.labels?.length) return [...e.labels].map((l) => l.textContent.trim()).join(" ").trim();
    if (e.matches("a, button, summary, th, caption")) return (e.textContent.trim() || e.querySelector("[aria-label]")?.getAttribute("aria-label") || "").trim();
    return (e.getAttribute("title") ?? "").trim();
  };

  // The document
  if (!document.documentElement.lang) fault("lang", "html has none");
  if (!document.title.trim()) fault("title", "the document has none");
  if (all("h1").filter(shown).length !== 1) fault("one-h1", `there are ${all("h1").filter(shown).length}`);
  let level = 0;
  for (const h of all("h1, h2, h3, h4, h5, h6").filter(shown)) {
    const own = Number(h.tagName[1]);
    if (own > level + 1) fault("heading-order", h);
    if (!words(h)) fault("heading-empty", h);
    level = own;
  }

  // Landmarks
  if (all("main").length !== 1) fault("main", `there are ${all("main").length}`);
  if (document.body.dataset.who !== undefined) {
    if (!document.querySelector("body > header")) fault("banner", "there is none");
    if (!document.querySelector("body > nav")) fault("navigation", "there is none");
    if (!document.querySelector("[aria-live], [role=status]")) fault("live-region", "there is none");
  }
  const names = new Map();
  for (const e of all("nav, section[aria-label], [role=region], [role=search]").filter(shown)) {
    const own = name(e);
    if (!own && e.matches("nav, [role=region]")) fault("landmark-name", e);
    const key = (e.getAttribute("role") || e.tagName) + own;
    if (names.has(key) && e.matches("nav, [role=region], [role=search]")) fault("landmark-unique", e);
    names.set(key, e);
  }
  for (const node of document.body.querySelectorAll(":scope > *")) {
    if (!node.matches("header, nav, main, footer, .skip, script, [role], [aria-live]")) fault("outside-landmarks", node);
  }

  // Names
  for (const e of all("input:not([type=hidden]), select, textarea")) if (!name(e)) fault("label", e);
  for (const e of all("a[href], button, summary")) if (shown(e) && !name(e)) fault("name", e);
  for (const e of all("svg")) {
    if (e.getAttribute("role") === "img" ? !name(e) && !e.querySelector(":scope > title") : e.getAttribute("aria-hidden") !== "true") fault("picture-name", e);
  }
  for (const e of all("img")) if (!e.hasAttribute("alt")) fault("picture-name", e);

  // Structure
  const ids = new Map();
  for (const e of all("[id]")) ids.set(e.id, (ids.get(e.id) ?? 0) + 1);
  for (const [id, n] of ids) if (n > 1) fault("duplicate-id", id);
  for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "for"]) {
    for (const e of all(`[${attribute}]`)) for (const id of e.getAttribute(attribute).split(/\s+/)) if (!document.getElementById(id)) fault("reference", `${attribute}=${id}`);
  }
  for (const e of all("ul, ol")) for (const child of e.children) if (child.tagName !== "LI") fault("list", e);
  for (const e of all("dl")) for (const child of e.children) if (!["DT", "DD", "DIV"].includes(child.tagName)) fault("list", e);
  for (const e of all("table")) {
    if (!e.caption && !name(e)) fault("caption", e);
    for (const th of e.querySelectorAll("th")) if (!th.scope) fault("scope", th);
    for (const th of e.querySelectorAll("thead th")) if (!th.textContent.trim() && !th.querySelector("[aria-label]")) fault("empty-header", th);
  }
  for (const e of all("[tabindex]")) if (e.tabIndex > 0) fault("tab-order", e);
  for (const e of all("[aria-hidden=true] a, [aria-hidden=true] button, [aria-hidden=true] input, [aria-hidden=true][tabindex]")) fault("hidden-focus", e);
  for (const e of all(".scroll, pre, .tabs ul")) {
    if (shown(e) && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible" && e.tabIndex < 0 && !e.querySelector("a, button, input, textarea")) fault("scroll-by-keyboard", e);
  }

  // Colours
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = "#000";
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const bright = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [x, y] = [bright(a), bright(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
  const ratio = (text, e, wanted, rule) => {
    const ground = behind(e);
    const got = contrast(over(rgba(text), ground), ground);
    if (got < wanted) fault(rule, `${got.toFixed(2)} of ${wanted} ${where(e)}`);
  };
  const seen = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.nodeValue.trim() || seen.has(e) || !e.checkVisibility({ visibilityProperty: true }) || e.closest("title, .hidden, :disabled")) continue;
    seen.add(e);
    const style = getComputedStyle(e);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    ratio(e instanceof SVGElement ? style.fill : style.color, e, large ? 3 : 4.5, "contrast");
  }
  for (const e of all("input:not([type=hidden]), select, textarea")) {
    if (!shown(e) || e.disabled) continue;
    const style = getComputedStyle(e);
    if (e.value === undefined || e.value !== "") ratio(style.color, e, 4.5, "contrast");
    if (e.placeholder) ratio(getComputedStyle(e, "::placeholder").color, e, 4.5, "contrast-placeholder");
    if (e.matches("[type=checkbox], [type=radio]")) continue;
    const box = e.closest(".editor") ?? e;
    ratio(getComputedStyle(box).borderTopColor, box.parentElement, 3, "contrast-border");
  }
  for (const e of all("svg.icon")) if (shown(e.parentElement)) ratio(getComputedStyle(e).color, e, 3, "contrast-icon");

  // Focus can be seen, and targets can be hit
  const focusable = all("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']").filter((e) => shown(e) && !e.disabled && e.tabIndex >= 0);
  const had = document.activeElement;
  for (const e of focusable) {
    e.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement !== e) { fault("focus", e); continue; }
    const style = getComputedStyle(e);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) fault("focus-visible", e);
    else ratio(style.outlineColor, e.parentElement, 3, "focus-contrast");
    const box = e.getBoundingClientRect();
    const inline = getComputedStyle(e).display === "inline" || e.matches("[type=checkbox], [type=radio]");
    if (!inline && !e.matches(".skip") && (box.width < 24 || box.height < 24)) fault("target-size", e);
  }
  document.activeElement?.blur?.();
  if (had !== document.body) had?.focus?.({ preventScroll: true });
  return [...new Set(faults)];
})()
