// The theme switch goes round: as the system has it, light, dark.
const order = ["system", "light", "dark"];
const names = { system: "as the system has them", light: "light", dark: "dark" };

export function themeSwitch() {
  const button = document.getElementById("theme");
  if (!button) return;
  button.hidden = false;
  const now = () => document.documentElement.dataset.theme ?? "system";
  const tell = () => {
    button.setAttribute("aria-label", `Colours: ${names[now()]}`);
    button.title = `Colours: ${names[now()]}`;
  };
  tell();
  button.addEventListener("click", () => {
    const next = order[(order.indexOf(now()) + 1) % order.length];
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch { /* it holds for this page then */ }
    tell();
  });
}
