// Selecting many: one box for all of the page, and a bar that says how many there are.
export function selection() {
  const form = document.getElementById("bulk");
  if (!form) return;
  const boxes = () => [...form.querySelectorAll("tbody input[name=key]")];
  const tell = () => {
    const picked = boxes().filter((box) => box.checked).length;
    const all = form.querySelector("#all");
    if (all) {
      all.hidden = boxes().length === 0;
      all.checked = picked > 0 && picked === boxes().length;
      all.indeterminate = picked > 0 && picked < boxes().length;
    }
    const words = form.querySelector("[data-picked]");
    if (words) words.textContent = picked === 0 ? "Nothing is selected" : `${picked} selected`;
    for (const button of form.querySelectorAll("[data-needs-picked]")) button.disabled = picked === 0;
  };
  form.addEventListener("change", (event) => {
    if (event.target.id === "all") for (const box of boxes()) box.checked = event.target.checked;
    tell();
  });
  document.addEventListener("live:updated", tell);
  window.addEventListener("pageshow", tell);
  tell();
}
