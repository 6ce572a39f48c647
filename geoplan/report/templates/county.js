/* The county page: panel, legend, layer switch, and what each of them does. */
GP.select = { item: -1 };
GP.summaryBar = function (counts) {
  const total = counts.reduce((a, b) => a + b, 0);
  const bar = GP.el("div", { class: "gp-bar", role: "img" });
  bar.setAttribute("aria-label", GP.peopleLine(counts));
  counts.forEach((n, k) => { if (n > 0) bar.append(GP.el("span", { class: k === 3 ? "gp-hatched" : "", style: { width: (100 * n) / total + "%", background: k === 3 ? "" : GP.style.stateColours[GP.style.states[k]] } })); });
  return bar;
};
/* One line per item for the whole county: people short of it, and the four states as a bar; a click shows the item on the map. */
GP.countyRows = function (onChoose) {
  const names = GP.data.items.map(GP.both), cut = names.map((name) => name.replace(/\s*[(\uff08][^()\uff08\uff09]*[)\uff09]/g, "").trim());
  return GP.data.items.map((item, k) => {
    const counts = GP.data.totals.slice(4 * k, 4 * k + 4), brief = cut[k] && cut.indexOf(cut[k]) === cut.lastIndexOf(cut[k]) ? cut[k] : names[k];
    return GP.el("tr", { "data-item": item.id, class: k === GP.select.item ? "gp-chosen" : null },
      GP.el("td", {}, GP.el("button", { type: "button", title: names[k] + GP.t(":", ": ") + GP.peopleLine(counts), text: brief, on: { click: () => onChoose(k) } })),
      GP.el("td", { class: "gp-short", text: GP.count(counts[1] + counts[2]) }), GP.el("td", {}, GP.summaryBar(counts)));
  });
};
GP.legendRows = function (item) {
  const c = GP.style.stateColours, rows = [];
  const add = (chip, text) => rows.push(GP.el("li", {}, chip, GP.el("span", { text })));
  if (item >= 0) GP.style.states.forEach((name, k) => add(GP.chip(k === 3 ? "url(#gp-hatch)" : c[name]), GP.stateName(k)));
  else {
    add(GP.chip(c.covered), GP.t("全部达标", "all met"));
    GP.style.countSteps.forEach(([low, high], k) => { if (low <= GP.data.items.length) add(GP.chip(GP.style.countColours[k]), (high === null || high >= GP.data.items.length ? low + GP.t(" 项及以上未达标", " or more not met") : low + "–" + high + GP.t(" 项未达标", " not met"))); });
    add(GP.chip("url(#gp-hatch)"), GP.t("无已知缺口,但有未知项", "no gap known, some unknown"));
  }
  add(GP.chip(c.empty), GP.pick(GP.style.stateLabels.empty));
  if (GP.data.level && GP.loose().length) add(GP.chip("#fff", { shape: "dot" }), GP.t("圆点:无边界单元中的居民点,着色同上", "dots: settlements outside every drawn unit, same colours"));
  return rows;
};
/* Every layer of the county as an entry of the switch: key, heading, labels, chip, layer, whether it starts visible. */
GP.layerEntries = function (options) {
  const d = GP.data, entries = [];
  const unitLabels = { groups: ["村民小组达标情况", "coverage by village group"], villages: ["行政村达标情况", "coverage by village"], townships: ["乡镇达标情况", "coverage by township"] };
  const line = (colour, width, dash) => GP.chip(colour, { shape: "line", width, dash });
  const add = (key, part, label, chip, layer, on) => entries.push({ key, part, label, chip, layer, on });
  const units = ["行政区与达标", "Areas and coverage"], roads = ["道路", "Roads"], homes = d.level ? ["居民点(搬迁判定)", "Settlements by relocation class"] : ["居民点(着色见图例,此处按搬迁判定筛选)", "Settlements (coloured as above; filter by relocation class)"];
  const hazards = ["地质灾害与洪涝", "Hazards"], services = ["服务设施", "Facilities"], sites = ["安置", "Resettlement"];
  if (d.level) add("units", units, unitLabels[d.level], GP.chip(GP.style.countColours[1]), GP.unitLayer(-1, (k) => GP.unitPopup(k, options.base), GP.settlementPopup), true);
  if (d.villages.length) add("villages", units, ["村界", "village borders"], line("#444", 1), GP.outlineLayer(d.villages, { color: "#444", weight: 1 }), true);
  if (d.townships.length) add("townships", units, ["乡镇界与名称", "township borders, names"], line("#1b1b1b", 2.4), L.layerGroup([GP.outlineLayer(d.townships, { color: "#1b1b1b", weight: 2 }), GP.labelLayer(d.townships, "gp-township")]), true);
  if (d.water.lines.length || d.water.areas.length) add("water", units, ["河流水域", "rivers and water"], line(GP.style.river, 2.4), GP.waterLayer(), true);
  if (d.water.walls.length) add("walls", units, ["陡崖、围栏", "cliffs and fences"], GP.chip(GP.style.wall, { shape: "line", dash: "1 3", width: 2 }), GP.wallLayer(), true);
  for (const [name, layer] of Object.entries(GP.roadLayers())) add("road-" + name, roads, GP.style.roadLabels[name], line(GP.style.roads[name][0], GP.style.roads[name][1] + 0.4, { path: "2 3", track: "5 3", ferry: "1 4" }[name]), layer, GP.style.roadsShown.includes(name));
  GP.settlementLayers(-1, GP.settlementPopup).forEach((layer, k) => {
    if (layer.getLayers().length) add("class" + k, homes, GP.style.classLabels[k], GP.chip(d.level ? GP.style.classColours[GP.style.classes[k]] : "none", { shape: "dot", dash: k === 3 ? "2 2" : null, stroke: "#444" }), layer, !d.level);
  });
  d.hazards.forEach((one, k) => { if (!one.raster) add("hazard" + k, hazards, GP.style.hazardKinds[one.kind], line(GP.style.hazards.high, 2.5, "4 2"), GP.hazardLayer(one, GP.hazardPopup), false); });
  if (d.surveys.length) add("survey", hazards, ["调查范围", "survey area"], line("#4d4d4d", 2, "8 4"), GP.surveyLayer(), false);
  d.facilities.forEach((one, k) => {
    if (one.points.length) add("facility" + k, services, [one.zh, one.en], GP.chip(GP.facilityLook(k).colour, GP.facilityLook(k)), GP.facilityLayer(one, k, GP.facilityPopup), false);
  });
  if (d.sites.length) add("sites", sites, ["候选安置点", "candidate sites"], GP.chip(GP.style.site, { shape: "diamond" }), GP.siteLayer(GP.sitePopup), false);
  return entries;
};
/* Too long for half the panel: a Chinese character takes the room of two letters. */
GP.wide = (text) => [...text].reduce((sum, one) => sum + (one.charCodeAt(0) > 255 ? 2 : 1), 0) > 14;
GP.layerSwitch = function (map) {
  const box = GP.el("div", { id: "gp-layers" }), parts = new Map();
  GP.entries.forEach((entry) => { if (!parts.has(entry.part[1])) parts.set(entry.part[1], []); parts.get(entry.part[1]).push(entry); });
  for (const list of parts.values()) {
    const rows = list.map((entry) => {
      const row = GP.el("li", { class: entry.on ? "" : "gp-off", "data-wide": GP.wide(GP.pick(entry.label)) ? "1" : null });
      const input = GP.el("input", { type: "checkbox", id: "gp-layer-" + entry.key, on: { change: (event) => GP.toggle(map, entry, event.target.checked) } });
      input.checked = entry.on;
      row.append(GP.el("label", {}, input, entry.chip, GP.el("span", { text: GP.pick(entry.label) })));
      entry.row = row;
      return row;
    });
    box.append(GP.el("h4", { text: GP.pick(list[0].part), class: list.some((one) => one.on) ? "" : "gp-off" }), GP.el("ul", { class: "gp-list" + (list.filter((one) => !GP.wide(GP.pick(one.label))).length > 1 ? " gp-pairs" : "") }, ...rows));
  }
  const undrawn = GP.data.hazards.filter((one) => one.raster).map((one) => GP.pick(GP.style.hazardKinds[one.kind]));
  if (undrawn.length) box.append(GP.el("p", { class: "gp-note", text: GP.t("栅格灾害图层参与计算但不绘制:", "Raster hazards are used but not drawn: ") + undrawn.join(GP.t("、", ", ")) }));
  return box;
};
GP.toggle = function (map, entry, on) {
  entry.on = on;
  if (on) entry.layer.addTo(map); else entry.layer.remove();
  if (entry.row) { entry.row.className = on ? "" : "gp-off"; const heading = entry.row.parentNode.previousSibling; heading.className = [...entry.row.parentNode.children].some((row) => !row.className) ? "" : "gp-off"; }
};
/* Paper: lay the page out to its printed size, keep what was in view, put it back afterwards. */
GP.preparePrint = function (map) {
  let before = null;
  const begin = () => { if (before) return; before = map.getBounds(); document.body.classList.add("gp-printing"); map.invalidateSize({ animate: false }); map.fitBounds(before, { animate: false }); };
  const end = () => { if (!before) return; document.body.classList.remove("gp-printing"); map.invalidateSize({ animate: false }); map.fitBounds(before, { animate: false }); before = null; };
  window.addEventListener("beforeprint", begin);
  window.addEventListener("afterprint", end);
};
GP.county = function (map, options) {
  const d = GP.data, side = document.getElementById("gp-side"), head = document.getElementById("gp-head");
  GP.panes(map);
  const entries = GP.layerEntries(options);
  entries.filter((one) => one.on).forEach((one) => one.layer.addTo(map));
  GP.entries = entries;

  const go = (target) => {
    if (target.unit !== undefined) {
      const shape = GP.unitShapes[target.unit];
      if (!shape) { const first = GP.members()[target.unit].find((i) => d.settlements.g[i]); if (first !== undefined) go({ settlement: first }); return; }
      map.fitBounds(shape.getBounds().pad(0.7), { maxZoom: 15, animate: false });
      shape.openPopup(shape.getBounds().getCenter());
    } else if (target.settlement !== undefined) {
      const loose = GP.looseDots && GP.looseDots.get(target.settlement), dot = loose || GP.settlementDots[target.settlement], entry = entries.find((one) => one.layer.hasLayer && dot && one.layer.hasLayer(dot));
      if (!dot) return;
      if (entry && !map.hasLayer(entry.layer)) { GP.toggle(map, entry, true); GP.render(); }
      map.setView(dot.getLatLng(), Math.max(map.getZoom(), 14), { animate: false });
      dot.openPopup();
    } else { const bounds = target.bounds(); if (bounds) map.fitBounds(bounds, { animate: false }); }
  };
  GP.go = go;

  GP.render = function () {
    document.documentElement.lang = GP.lang === "zh" ? "zh-CN" : "en";
    const title = GP.t(d.name, d.nameEn) + GP.t(" 公共服务达标与搬迁图", ": service coverage and relocation");
    document.title = title;
    head.querySelector("h1").textContent = title;
    head.querySelector(".gp-sub").textContent = GP.both(d.standard) + " · " + d.year;
    head.querySelector("#gp-lang").textContent = GP.lang === "zh" ? "English" : "中文";
    head.querySelector("#gp-print").textContent = GP.t("打印", "Print");
    GP.labelSearch();
    const k = GP.select.item, item = k >= 0 ? d.items[k] : null;
    const choose = (chosen) => { GP.select.item = chosen; GP.recolour(chosen); GP.render(); };
    const choice = GP.el("select", { id: "gp-choice", "aria-label": GP.t("选择标准项", "choose a standard"), on: { change: (event) => choose(Number(event.target.value)) } },
      GP.el("option", { value: "-1", text: GP.t("综合:未达标项数", "All: number of items not met") }),
      ...d.items.map((one, n) => GP.el("option", { value: String(n), text: GP.pick(GP.style.levels[one.level]) + GP.t(":", ": ") + GP.both(one) })));
    choice.value = String(k);
    const about = GP.el("div", { class: "gp-about" });
    if (item) {
      const counts = d.totals.slice(4 * k, 4 * k + 4);
      about.append(GP.summaryBar(counts), GP.el("p", { class: "gp-totals", text: GP.peopleLine(counts) }),
        GP.el("p", { class: "gp-note", text: GP.t("要求 ", "Limit ") + GP.limit(item) + (item.deadline ? GP.t(" · 期限 ", " · by ") + item.deadline : "") }),
        GP.el("p", { class: "gp-note", text: item.source + " " + item.clause + " · " + GP.pick(GP.style.evidence[item.status]) }));
    } else about.append(GP.el("p", { class: "gp-note", text: GP.t("颜色表示未达标(有缺口或不可达)的标准项数;未知项不计入,也不算达标。", "Colour counts standard items not met (gap or unreachable). Unknown items are neither counted nor taken as met.") }));
    if (d.unplaced > 0) about.append(GP.el("p", { class: "gp-note", text: GP.t("另有 ", "A further ") + GP.count(d.unplaced) + GP.t(" 人未能归到任何居民点,不在以上数字内。", " people belong to no settlement and are not in these figures.") }));
    const legend = GP.el("ul", { id: "gp-legend", class: "gp-list" }, ...GP.legendRows(k));
    const data = GP.el("ul", { class: "gp-data" }, ...d.vintages.map((one) => GP.el("li", { text: one.id + ":" + one.vintage + " · " + one.licence + (one.source ? " · " + one.source : "") })));
    const dated = [...new Set(d.vintages.map((one) => one.vintage.slice(0, 4)).filter(Boolean))].sort(), owners = [...new Set(d.vintages.map((one) => one.source || one.licence).filter(Boolean))];
    map.attributionControl.removeAttribution(GP.attribution || "");
    GP.attribution = L.Util.trim(GP.t("数据:", "Data: ") + owners.join(GP.t("、", ", ")) + (dated.length ? " · " + dated[0] + (dated.length > 1 ? "–" + dated[dated.length - 1] : "") : "")).replace(/[&<>"']/g, (c) => "&#" + c.charCodeAt(0) + ";");
    map.attributionControl.addAttribution(GP.attribution);
    side.replaceChildren(GP.el("section", {}, GP.el("h2", { text: GP.t("显示内容", "Show") }), choice, GP.el("p", { class: "gp-choice-name", text: choice.selectedOptions[0].textContent }), about),
      GP.el("section", { class: "gp-legend-box" }, GP.el("h2", { text: GP.t("图例", "Legend") }), legend),
      GP.el("section", { class: "gp-totals-box" }, GP.el("h2", { text: GP.t("全县各项未达标人数", "People short, by standard") }),
        GP.el("table", { id: "gp-county" }, GP.el("tbody", {}, ...GP.countyRows((chosen) => choose(chosen === GP.select.item ? -1 : chosen)))),
        GP.el("p", { class: "gp-bar-key" }, ...GP.style.states.flatMap((name, n) => [GP.chip(n === 3 ? "url(#gp-hatch)" : GP.style.stateColours[name]), GP.el("span", { text: GP.stateName(n) })]))),
      GP.el("section", { class: "gp-layer-box" }, GP.el("h2", { text: GP.t("图层", "Layers") }), GP.layerSwitch(map)),
      GP.el("section", { class: "gp-data-box" }, GP.el("h2", { text: GP.t("数据时点与许可", "Data vintage and licence") }), data));
  };
  GP.addSearch(document.getElementById("gp-searchbox"), go);
  head.querySelector("#gp-lang").addEventListener("click", () => { GP.lang = GP.lang === "zh" ? "en" : "zh"; map.closePopup(); GP.render(); });
  head.querySelector("#gp-print").addEventListener("click", () => window.print());
  GP.preparePrint(map);
  GP.render();
};
