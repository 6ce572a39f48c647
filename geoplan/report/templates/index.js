/* Filter the index by name or code. */
(function () {
  "use strict";
  const input = document.getElementById("filter");
  input.addEventListener("input", function () {
    const text = input.value.trim().toLowerCase();
    document.querySelectorAll(".gp-township-block").forEach(function (block) {
      let shown = 0;
      block.querySelectorAll("tbody tr").forEach(function (row) {
        row.hidden = text !== "" && !row.dataset.find.includes(text);
        if (!row.hidden) shown += 1;
      });
      block.hidden = shown === 0;
    });
  });
})();
