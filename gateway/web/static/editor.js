// Line numbers beside the text of rules, and the way to a line that has a problem.
export function editor() {
  const text = document.querySelector(".editor textarea");
  const lines = document.querySelector(".editor .lines");
  if (!text || !lines) return;
  let shown = 0;
  const number = () => {
    const n = text.value.split("\n").length;
    if (shown === n) return;
    shown = n;
    lines.textContent = Array.from({ length: n }, (_, i) => i + 1).join("\n") + "\n\n"; // the text scrolls a little further than its last line
  };
  text.addEventListener("input", number);
  text.addEventListener("scroll", () => { lines.scrollTop = text.scrollTop; });
  number();
  for (const link of document.querySelectorAll("[data-line]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const before = text.value.split("\n").slice(0, Number(link.dataset.line) - 1).join("\n").length;
      text.focus();
      text.setSelectionRange(before + (before > 0 ? 1 : 0), before + 1);
      text.scrollTop = (Number(link.dataset.line) - 5) * parseFloat(getComputedStyle(text).lineHeight);
    });
  }
}
