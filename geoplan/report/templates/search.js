/* Find a place by name or code; arrows, Enter and Escape work. */
GP.searchIndex = function () {
  const out = [], d = GP.data, kind = { groups: ["组", "group"], villages: ["村", "village"], townships: ["乡镇", "township"] };
  const shapeCentre = (unit) => (unit.g.length ? L.latLngBounds(GP.area(unit.g).flat(2)) : null);
  d.units.forEach((unit, k) => out.push({ n: unit.n, c: unit.c, kind: kind[d.level], go: { unit: k } }));
  for (const level of ["townships", "villages"]) d[level].forEach((one) => out.push({ n: one.n, c: one.c, kind: kind[level], go: { bounds: () => shapeCentre(one) } }));
  d.settlements.id.forEach((id, i) => out.push({ n: d.settlements.n[i], c: id, kind: ["居民点", "settlement"], go: { settlement: i } }));
  return out;
};
GP.findPlaces = function (index, query, most) {
  const text = query.trim().toLowerCase();
  if (!text) return [];
  const scored = [];
  for (const one of index) {
    const name = one.n.toLowerCase(), code = one.c.toLowerCase();
    const score = code === text || name === text ? 0 : code.startsWith(text) || name.startsWith(text) ? 1 : name.includes(text) || code.includes(text) ? 2 : -1;
    if (score >= 0) scored.push([score, scored.length, one]);
  }
  scored.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return scored.slice(0, most).map((row) => row[2]);
};
GP.addSearch = function (box, go) {
  const index = GP.searchIndex();
  const input = GP.el("input", { type: "search", id: "gp-search", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "gp-found", autocomplete: "off" });
  const list = GP.el("ul", { id: "gp-found", role: "listbox", hidden: "" });
  let found = [], active = -1;
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); active = -1; };
  const mark = () => [...list.children].forEach((row, k) => { row.setAttribute("aria-selected", String(k === active)); if (k === active) { row.scrollIntoView({ block: "nearest" }); input.setAttribute("aria-activedescendant", row.id); } });
  const choose = (k) => { const one = found[k]; if (!one) return; input.value = one.n || one.c; close(); go(one.go); };
  const show = () => {
    found = GP.findPlaces(index, input.value, 12);
    list.replaceChildren(...found.map((one, k) => GP.el("li", { role: "option", id: "gp-found-" + k, on: { mousedown: (event) => { event.preventDefault(); choose(k); } } },
      GP.el("span", { class: "gp-found-name", text: one.n || one.c }), GP.el("span", { class: "gp-found-code", text: GP.pick(one.kind) + " " + one.c }))));
    if (!found.length && input.value.trim()) list.replaceChildren(GP.el("li", { class: "gp-none", text: GP.t("没有找到", "nothing found") }));
    list.hidden = !input.value.trim();
    input.setAttribute("aria-expanded", String(!list.hidden));
    active = found.length ? 0 : -1;
    mark();
  };
  input.addEventListener("input", show);
  input.addEventListener("focus", () => { if (input.value.trim()) { input.select(); show(); } });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (found.length) { active = (active + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length; mark(); }
    } else if (event.key === "Enter") choose(Math.max(active, 0));
    else if (event.key === "Escape") close();
  });
  box.replaceChildren(input, list);
  GP.labelSearch = () => { const words = GP.t("按名称或代码查找…", "Find by name or code…"); input.placeholder = words; input.setAttribute("aria-label", words); };
  GP.labelSearch();
};
