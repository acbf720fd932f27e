// Keys: / to the search, j and k down and up a list, x picks the row, Enter opens it. None of them while somebody writes.
export function keys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) {
      if (!(event.target.matches?.("input[type=checkbox]") && !event.ctrlKey && !event.metaKey && !event.altKey)) return;
    }
    if (event.key === "/") {
      const field = document.getElementById("q") ?? document.getElementById("find");
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === "j" || event.key === "k") {
      const links = [...document.querySelectorAll("table.list tbody th a")];
      if (links.length === 0) return;
      const row = document.activeElement?.closest?.("table.list tbody tr");
      const at = links.findIndex((link) => link.closest("tr") === row);
      const to = at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)));
      links[to].focus();
    } else if (event.key === "x") {
      const box = document.activeElement?.closest?.("table.list tbody tr")?.querySelector("input[type=checkbox]");
      if (box && box !== document.activeElement) box.click();
    }
  });
}
