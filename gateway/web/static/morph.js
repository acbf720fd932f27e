// Makes one element like another while keeping the nodes that are alike: focus, selection, boxes that are ticked and details
// that are open stay as they are. Rows are known by data-key, others by id or place.
const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id || null : null);
const own = new Set(["open", "hidden", "disabled", "data-sent", "title"]);

export function morph(from, to) {
  if (from.isEqualNode(to)) return;
  attributes(from, to);
  if (from.matches("input, textarea, select")) return;
  const keyed = new Map();
  for (const child of from.childNodes) if (keyOf(child)) keyed.set(keyOf(child), child);
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = keyOf(wanted);
    let match = key ? keyed.get(key) : at && !keyOf(at) ? at : null;
    if (match && (match.nodeType !== wanted.nodeType || match.nodeName !== wanted.nodeName)) match = null;
    if (!match) {
      const added = document.importNode(wanted, true);
      from.insertBefore(added, at);
      if (key && added.matches("tr")) added.classList.add("changed");
      continue;
    }
    if (match !== at) from.insertBefore(match, at);
    else at = at.nextSibling;
    if (match.nodeType === Node.ELEMENT_NODE) {
      const before = key && match.matches("tr") ? match.textContent : null;
      morph(match, wanted);
      if (before !== null && before !== match.textContent) {
        match.classList.remove("changed");
        void match.offsetWidth; // the animation begins anew
        match.classList.add("changed");
      }
    } else if (match.nodeValue !== wanted.nodeValue) match.nodeValue = wanted.nodeValue;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function attributes(from, to) {
  for (const { name, value } of [...to.attributes]) if (!own.has(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const { name } of [...from.attributes]) if (!own.has(name) && name !== "class" && !to.hasAttribute(name)) from.removeAttribute(name);
}
