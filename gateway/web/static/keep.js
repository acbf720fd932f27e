// A text of rules that was sent when the session had ended is on the login page. Signing in by the identity provider leads to another site and back,
// where fields of a form get lost; what this tab keeps for this site does not. The text is kept no longer than until somebody has signed in: the editor that the
// sign-in was for takes it, and any other page drops it.
const place = "text of rules";

export function keep() {
  if (document.body.dataset.who) return back();
  const field = (name) => document.querySelector(`.login [name="${name}"]`)?.value;
  if (!field("kept.text")) return; // a sign-in that failed: what was kept stays
  try {
    sessionStorage.setItem(place, JSON.stringify({ next: field("next"), text: field("kept.text"), expect: field("kept.expect"), reason: field("kept.reason") }));
  } catch {
    return; // there is no room, or the browser keeps nothing: the page says that the text will be lost
  }
  for (const words of document.querySelectorAll("[data-kept]")) words.hidden = words.dataset.kept === "lost";
}

function back() {
  const said = take();
  const form = document.getElementById("editor");
  if (!said || !form) return;
  const kept = JSON.parse(said);
  if (kept.next !== location.pathname + location.search) return; // another editor, or this one with what somebody has sent since
  for (const name of ["text", "expect", "reason"]) form.elements[name].value = kept[name];
  document.getElementById("kept-back").hidden = false;
}

function take() {
  try {
    const said = sessionStorage.getItem(place);
    sessionStorage.removeItem(place);
    return said;
  } catch {
    return null;
  }
}
