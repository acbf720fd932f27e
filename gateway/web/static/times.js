// Times come in UTC; here they are written in the browser's zone, with the whole of it in the title.
const pad = (n) => String(n).padStart(2, "0");

export function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]:not([title])")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    element.title = element.textContent;
    const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
    const time = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
    const text = { day, minute: `${day} ${time}`, second: `${day} ${time}:${pad(at.getSeconds())}` };
    element.textContent = text[element.dataset.precision] ?? text.minute;
  }  for (const label of root.querySelectorAll("text[data-hour]")) {
    const at = new Date(label.dataset.hour);
    label.textContent = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
  }
}
