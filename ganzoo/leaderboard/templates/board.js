"use strict";
// Sorts and filters the tables. Without this script they are complete, in the order of the ranks.
(() => {
  const FEW = 200; // rows shown at first: more are slow to lay out
  const tools = document.querySelector(".tools");
  const filter = document.getElementById("filter");
  const count = document.getElementById("count");
  const boards = [...document.querySelectorAll("table.board")].map((table) => {
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, text: row.cells[1].textContent.toLowerCase() }));
    const more = document.createElement("button");
    more.type = "button";
    more.className = "more";
    table.parentElement.after(more);
    return { table, rows, more, limit: FEW };
  });

  // Hides rows that lack one of the words, and rows beyond the limit. Returns how many rows have all words.
  const show = (board) => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let fitting = 0;
    for (const { row, text } of board.rows) {
      const fits = words.every((word) => text.includes(word));
      fitting += fits;
      row.hidden = !fits || fitting > board.limit;
    }
    board.more.hidden = fitting <= board.limit;
    board.more.textContent = `Show all ${fitting.toLocaleString("en")} rows`;
    return fitting;
  };

  const narrow = () => {
    const fitting = boards.map(show).reduce((a, b) => a + b, 0);
    const all = boards.reduce((n, board) => n + board.rows.length, 0);
    count.textContent = filter.value.trim() ? `${fitting} of ${all} rows` : "";
  };

  const key = (cell) => {
    if (cell.dataset.v === undefined) return cell.tagName === "TH" ? cell.textContent : null;
    const number = Number(cell.dataset.v);
    return Number.isNaN(number) ? cell.dataset.v : number;
  };

  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));

  const sort = (board, index, heading) => {
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of board.table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = board.rows.map((entry, i) => ({ entry, i, v: key(entry.row.cells[index]) }));
    keyed.sort((a, b) => {
      if (a.v === null || b.v === null) return (a.v === null) - (b.v === null) || a.i - b.i; // empty cells stay last
      return (down ? compare(b.v, a.v) : compare(a.v, b.v)) || a.i - b.i;
    });
    board.rows = keyed.map(({ entry }) => entry);
    board.table.classList.toggle("ranked", index === 0 && !down);
    board.table.tBodies[0].append(...board.rows.map(({ row }) => row));
    show(board);
  };

  for (const board of boards) {
    [...board.table.tHead.rows[0].cells].forEach((heading, index) => {
      if ("still" in heading.dataset) return; // a drawing
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(board, index, heading));
    });
    board.table.classList.add("ranked");
    board.more.addEventListener("click", () => {
      board.limit = Infinity;
      show(board);
    });
  }

  filter.addEventListener("input", narrow);
  tools.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("all").addEventListener("change", (event) => {
    document.body.classList.toggle("all", event.target.checked);
  });
  tools.hidden = false;
  narrow(); // a reload keeps the text of the filter
})();
