// Runs before the page is drawn, so that a chosen theme does not flicker.
(() => {
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch { /* storage may be refused: the system's colours stay */ }
})();
