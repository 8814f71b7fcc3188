// A click on a column's heading sorts its table: numbers as numbers, a second click the other way.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    head.querySelector("button")?.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => row.cells[place].dataset.value ?? row.cells[place].textContent.trim();
      const number = (text) => (text === "" ? NaN : Number(text.replaceAll(",", "")));
      const compare = (one, other) => {
        const [a, b] = [number(key(one)), number(key(other))];
        if (Number.isNaN(a) && Number.isNaN(b)) return key(one).localeCompare(key(other));
        if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) ? 1 : -1;
        return up ? a - b : b - a;
      };
      const rows = [...table.tBodies[0].rows].sort(compare);
      if (!up && rows.every((row) => Number.isNaN(number(key(row))))) rows.reverse();
      table.tBodies[0].append(...rows);
    });
  });
}
// What is folded in is printed too.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
