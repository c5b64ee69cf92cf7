// Lets every table sort but for those of few rows: the heads of its columns become buttons, which sort upwards, downwards, and
// back to the order in which the table was written. Without this script the tables are as written.
"use strict";
{
  // Cells are normalised (NFKC): the micro sign is a Greek mu, a no-break space a space.
  const UNITS = new Map([
    ["ns", 1e-9], ["\u03bcs", 1e-6], ["ms", 1e-3], ["s", 1], ["million", 1e6],
  ]);
  // What phrasing.py writes: a number, its unit if it has one, and its interval in brackets. A bound
  // ("< 12 ms") sorts as the number that it names.
  const FIGURE = /^(?:[<>] ?)?(-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?) ?([^\s\d()]*)(?: \(.*\))?$/;
  const NEXT = new Map([[null, "ascending"], ["ascending", "descending"]]);
  const words = new Intl.Collator("en", { numeric: true });

  // Figures stand before words ("error"), and empty cells last, in both directions.
  function keyOf(cell) {
    const text = cell.textContent.normalize("NFKC").trim();
    const [, number, unit] = FIGURE.exec(text) ?? [];
    if (number === undefined) return { rank: text ? 1 : 2, value: text };
    return { rank: 0, value: Number(number.replaceAll(",", "")) * (UNITS.get(unit) ?? 1) };
  }

  function compare(one, other) {
    return typeof one === "number" ? one - other : words.compare(one, other);
  }

  // A remark belongs to the row above it.
  function rowsWithRemarks(body) {
    const groups = [];
    for (const row of body.rows) {
      if (row.classList.contains("remark")) groups.at(-1).push(row);
      else groups.push([row]);
    }
    return groups;
  }

  // Rows that are equal in this column stay in the order in which they are.
  function sorted(groups, column, direction) {
    const sign = direction === "ascending" ? 1 : -1;
    return groups
      .map((rows) => ({ rows, ...keyOf(rows[0].cells[column]) }))
      .sort((a, b) => a.rank - b.rank || sign * compare(a.value, b.value))
      .map(({ rows }) => rows);
  }

  function makeSortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const written = rowsWithRemarks(body);
    let shown = written;
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      const arrow = document.createElement("span");
      button.type = "button";
      arrow.className = "arrow";
      arrow.setAttribute("aria-hidden", "true");
      button.append(...head.childNodes, arrow);
      head.append(button);
      button.addEventListener("click", () => {
        const direction = NEXT.get(head.getAttribute("aria-sort"));
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        if (direction) head.setAttribute("aria-sort", direction);
        shown = direction ? sorted(shown, column, direction) : written;
        body.append(...shown.flat());
      });
    });
    table.classList.add("sorts");
  }

  document.querySelectorAll("table:not(.compact)").forEach(makeSortable);
}
