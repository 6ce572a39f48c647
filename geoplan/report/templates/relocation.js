/* The relocation map: summary that adds up, legend, layers, search. */
GP.searchIndex = function () {
  const out = [], d = GP.data, s = d.settlements;
  const box = (places) => (places.length ? L.latLngBounds(places.map(GP.point)).pad(0.4) : null), members = d.units.map(() => []);
  s.u.forEach((u, i) => { if (u >= 0 && s.g[i]) members[u].push(s.g[i]); });
  d.sites.forEach((one, k) => out.push({ n: one.n, c: one.i, kind: one.o ? ["安置点", "site"] : ["备选安置点", "spare site"], go: { site: k } }));
  d.units.forEach((one, k) => out.push({ n: one.n, c: one.c, kind: ["组", "group"], go: { bounds: () => box(members[k]) } }));
  d.townships.forEach((one) => out.push({ n: one.n, c: one.c, kind: ["乡镇", "township"], go: { bounds: () => (one.g.length ? L.latLngBounds(GP.area(one.g).flat(2)) : null) } }));
  s.id.forEach((id, i) => out.push({ n: s.n[i], c: id, kind: ["居民点", "settlement"], go: { settlement: i } }));
  return out;
};
GP.moveChip = (k) => GP.chip(k === 3 ? "url(#gp-hatch)" : GP.words.moveColours[k]);
GP.summaryBox = function () {
  const b = GP.data.balance, all = Math.max(1, b.total), bar = GP.el("div", { class: "gp-bar", role: "img", "aria-label": GP.t("去向人数", "people by outcome") });
  b.persons.forEach((n, k) => { if (n > 0) bar.append(GP.el("span", { class: k === 3 ? "gp-hatched" : "", style: { width: (100 * n) / all + "%", background: k === 3 ? "" : GP.words.moveColours[k] } })); });
  const row = (chip, name, people, places, tag) => GP.el("tr", { class: tag || null }, GP.el("td", {}, chip, GP.el("span", { text: name })), GP.el("td", { class: "gp-num", text: people }), GP.el("td", { class: "gp-num", text: places }));
  const table = GP.el("table", { id: "gp-balance" }, GP.el("thead", {}, GP.el("tr", {}, GP.el("th", {}), GP.el("th", { text: GP.t("人", "people") }), GP.el("th", { text: GP.t("居民点", "settlements") }))),
    GP.el("tbody", {}, ...b.persons.map((n, k) => row(GP.moveChip(k), GP.pick(GP.words.moves[k]), GP.count(n), GP.count(b.settlements[k]))),
      row(null, GP.t("合计", "Total"), GP.count(b.total), GP.count(b.settlements.reduce((x, y) => x + y, 0)), "gp-sum")));
  const whole = b.total === b.county;
  const check = GP.el("p", { class: "gp-check" + (whole ? "" : " gp-off-sum"), id: "gp-check", text: whole ? GP.t("✓ 合计等于全县居民点人口 ", "✓ equals all people of the county's settlements: ") + GP.count(b.county)
    : GP.t("✗ 与全县居民点人口 " + GP.count(b.county) + " 相差 " + GP.count(b.county - b.total) + " 人", "✗ the county's settlements hold " + GP.count(b.county) + ": " + GP.count(b.county - b.total) + " people are not accounted for") });
  const notes = [];
  if (b.uncounted) notes.push(GP.t(b.uncounted + " 个居民点人口未知,不在人数内。", "People of " + b.uncounted + " settlements are not known and not counted."));
  if (b.unplaced) notes.push(GP.t("人口栅格中另有 " + GP.count(b.unplaced) + " 人未能归到任何居民点,不在以上数字内。", "A further " + GP.count(b.unplaced) + " people of the raster belong to no settlement and are not in these figures."));
  return GP.el("section", { class: "gp-summary-box" }, GP.el("h2", { text: GP.t("全县去向", "What becomes of everyone") }), bar, table, check, ...notes.map((text) => GP.el("p", { class: "gp-note", text })));
};
GP.planBox = function () {
  const p = GP.data.plan, b = GP.data.balance;
  const facts = GP.facts([[GP.t("启用安置点", "Sites opened"), GP.count(p.opened) + " / " + GP.count(p.sites)], [GP.t("旧地到新居平均", "Mean way to old land"), GP.number(p.min, "min")],
    [GP.t("在本乡镇安置", "Kept in township"), GP.count(p.same) + " / " + GP.count(b.persons[0]) + GP.t(" 人", " people")], p.yuan === null ? null : [GP.t("安置点投入", "Cost of sites"), GP.yuan(p.yuan)],
    [GP.t("求解", "Solution"), GP.say(GP.words.status, p.status) + (p.gap === null ? "" : GP.t(",间隙 ", ", gap ") + (100 * p.gap).toFixed(2) + "%")]]);
  const cell = (n) => GP.el("td", { class: "gp-num", text: n ? GP.count(n) : "·" });
  const table = GP.el("table", { id: "gp-cross" }, GP.el("thead", {}, GP.el("tr", {}, GP.el("th", { text: GP.t("判定 \\ 去向(人)", "class \\ outcome") }), ...[["安排", "moved"], ["未排", "no site"], ["留居", "stay"], ["未定", "undec."]].map((pair) => GP.el("th", { text: GP.pick(pair) })))),
    GP.el("tbody", {}, ...b.by_class.map((row, k) => GP.el("tr", {}, GP.el("td", { text: GP.pick(GP.style.classLabels[k]) }), ...row.map(cell)))));
  const batches = GP.data.batches.length ? GP.el("table", { id: "gp-batches" }, GP.el("thead", {}, GP.el("tr", {}, GP.el("th", { text: GP.t("五个一批", "Batches") }), GP.el("th", { text: GP.t("人", "people") }))),
    GP.el("tbody", {}, ...GP.data.batches.map((one) => GP.el("tr", { title: one.src }, GP.el("td", { text: GP.both(one) }), cell(one.p))))) : null;
  return GP.el("section", { class: "gp-plan-box" }, GP.el("h2", { text: GP.t("安置方案", "The plan") }), facts, table, batches);
};
GP.relocationLegend = function () {
  const rows = [], add = (chip, text) => rows.push(GP.el("li", { "data-wide": GP.wide(text) ? "1" : null }, chip, GP.el("span", { text }))), s = GP.data.settlements, c = GP.style.classColours;
  const dot = (look) => GP.svg("svg", { width: 18, height: 14, class: "gp-chip", "aria-hidden": "true" }, GP.svg("circle", Object.assign({ cx: 9, cy: 7, r: 4.6 }, look)));
  GP.style.classes.forEach((name, k) => add(dot({ fill: c[name], stroke: "#1b1b1b", "stroke-width": 1, "stroke-dasharray": k === 3 ? "2 2" : "none" }), GP.pick(GP.style.classLabels[k])));
  if (s.v) add(dot({ fill: "#fff", stroke: c[GP.style.classes[0]], "stroke-width": 2.4 }), GP.t("空心:判定尚不确定(点开看取决于什么)", "hollow: class not certain (click to see why)"));
  const swatch = (persons, dash) => GP.chip("#0b5c2e", { shape: "line", width: GP.moveWidth(persons), dash });
  add(swatch(40), GP.t("搬迁 40 人", "40 people move"));
  add(swatch(200), GP.t("200 人", "200 people"));
  add(swatch(80, "6 3"), GP.t("虚线:跨乡镇搬迁", "dashed: to another township"));
  add(GP.loadBar(0.7, 24, 8), GP.t("安置点:已用容量 70%", "site: 70% of capacity used"));
  return GP.el("ul", { id: "gp-legend", class: "gp-list gp-pairs" }, ...rows);
};
GP.relocationEntries = function (options) {
  const d = GP.data, entries = [], add = (key, part, label, chip, layer, on) => { if (!layer.getLayers || layer.getLayers().length) entries.push({ key, part, label, chip, layer, on }); };
  const line = (colour, width, dash) => GP.chip(colour, { shape: "line", width, dash });
  const moves = ["搬迁与安置", "Moves and sites"], homes = ["居民点(搬迁判定)", "Settlements by relocation class"], out = ["排除范围(已排除面积)", "Ground ruled out (area)"], base = ["底图", "Background"], hazards = ["地质灾害与洪涝", "Hazards"], services = ["服务设施", "Facilities"];
  const popup = (i) => GP.relocationPopup(i, options.base), site = (k) => GP.sitePopup(k, options.base);
  add("moves", moves, ["搬迁路线(旧→新)", "moves, old → new"], line("#0b5c2e", 3), GP.moveLayer(null, popup), true);
  add("sites", moves, ["启用的安置点", "sites opened"], GP.loadBar(0.7, 18, 8), GP.openSites(null, site), true);
  add("spare", moves, ["备选未启用", "spare sites"], GP.chip("#fff", { shape: "dot", stroke: "#117733", dash: "3 2" }), GP.spareSites(site), false);
  add("links", moves, ["就地保障需建的路", "road links to be built"], line(GP.words.linkColours.new, 3, "7 3"), GP.linkLayer(GP.linkPopup), false);
  GP.relocationSettlements(popup).forEach((layer, k) => add("class" + k, homes, GP.style.classLabels[k], GP.chip(GP.style.classColours[GP.style.classes[k]], { shape: "dot", dash: k === 3 ? "2 2" : null, stroke: "#444" }), layer, true));
  d.exclusions.forEach((one, k) => { if (one.uri) add("out" + k, out, [one.zh + " " + GP.km2(one.a), one.en + " " + GP.km2(one.a)], GP.chip(one.k), GP.exclusionLayer(one), false); });
  d.hazards.forEach((one, k) => { if (!one.raster) add("hazard" + k, hazards, GP.style.hazardKinds[one.kind], line(GP.style.hazards.high, 2.5, "4 2"), GP.hazardLayer(one, GP.hazardPopup), false); });
  if (d.surveys.length) add("survey", hazards, ["调查范围", "survey area"], line("#4d4d4d", 2, "8 4"), GP.surveyLayer(), false);
  add("townships", base, ["乡镇界与名称", "township borders, names"], line("#1b1b1b", 2.4), L.layerGroup([GP.outlineLayer(d.townships, { color: "#444", weight: 1.4 }), GP.labelLayer(d.townships, "gp-township")]), true);
  add("water", base, ["河流水域", "rivers and water"], line(GP.style.river, 2.4), GP.waterLayer(), true);
  d.facilities.forEach((one, k) => { if (one.points.length) add("facility" + k, services, [one.zh, one.en], GP.chip(GP.facilityLook(k).colour, GP.facilityLook(k)), GP.facilityLayer(one, k, GP.facilityPopup), false); });
  const roads = GP.roadLayers();
  add("roads", base, ["道路", "roads"], line(GP.style.roads.county[0], 2), L.layerGroup(Object.keys(roads).filter((name) => GP.style.roadsShown.includes(name)).reverse().map((name) => roads[name])), true);
  return entries;
};
/* What the legend tells already, or anyone sees, is not told again on paper. */
GP.markTold = function (box) {
  GP.entries.forEach((one) => { if (/^(class|moves|sites|townships|water|roads)/.test(one.key)) one.row.dataset.told = "1"; });
  box.querySelectorAll("ul").forEach((list) => { if ([...list.children].every((row) => row.dataset.told)) list.previousSibling.dataset.told = "1"; });
  return box;
};
/* Reasons without a picture are told all the same: their area is known. */
GP.exclusionNote = function () {
  const bare = GP.data.exclusions.filter((one) => !one.uri && one.a > 0);
  if (!bare.length) return null;
  return GP.el("table", { id: "gp-excluded" }, GP.el("thead", {}, GP.el("tr", {}, GP.el("th", { text: GP.t("排除原因(未绘图)", "Ruled out (not drawn)") }), GP.el("th", { text: "km²" }))),
    GP.el("tbody", {}, ...bare.map((one) => GP.el("tr", {}, GP.el("td", { text: GP.both(one) }), GP.el("td", { class: "gp-num", text: GP.km2(one.a).replace("\u00a0km²", "") })))));
};
GP.relocation = function (map, options) {
  const d = GP.data, side = document.getElementById("gp-side"), head = document.getElementById("gp-head");
  GP.relocationPanes(map);
  const entries = GP.relocationEntries(options);
  entries.filter((one) => one.on).forEach((one) => one.layer.addTo(map));
  GP.entries = entries;
  GP.declutter();
  const stress = (k) => GP.moveLines.forEach((one) => one.setStrong(k === null || one.site === k));
  GP.siteMarkers.forEach((one, k) => one.on("popupopen", () => stress(k)).on("popupclose", () => stress(null)));
  const show = (layer) => { const entry = entries.find((one) => one.layer.hasLayer && one.layer.hasLayer(layer)); if (entry && !map.hasLayer(entry.layer)) GP.toggle(map, entry, true); };
  GP.go = function (target) {
    const found = target.settlement !== undefined ? GP.settlementDots[target.settlement] : target.site !== undefined ? GP.siteMarkers[target.site] : null;
    if (found) {
      show(found);
      GP.render();
      const at = found.getLatLng ? found.getLatLng() : found.getBounds().getCenter();
      map.setView(at, Math.max(map.getZoom(), 13), { animate: false });
      found.openPopup(at);
    } else if (target.bounds) { const bounds = target.bounds(); if (bounds) map.fitBounds(bounds, { maxZoom: 15, animate: false }); }
  };
  GP.render = function () {
    document.documentElement.lang = GP.lang === "zh" ? "zh-CN" : "en";
    const title = GP.t(d.name + " 搬迁安置图", d.nameEn + ": who moves where"), profile = GP.both(d.profile);
    document.title = title;
    head.querySelector("h1").textContent = title;
    head.querySelector(".gp-sub").textContent = (profile ? profile + " · " : "") + d.year;
    head.querySelector("#gp-lang").textContent = GP.lang === "zh" ? "English" : "中文";
    head.querySelector("#gp-print").textContent = GP.t("打印", "Print");
    GP.labelSearch();
    const data = GP.el("ul", { class: "gp-data" }, ...d.vintages.map((one) => GP.el("li", { text: one.id + ":" + one.vintage + " · " + one.licence + (one.source ? " · " + one.source : "") })));
    const owners = [...new Set(d.vintages.map((one) => one.source || one.licence).filter(Boolean))];
    map.attributionControl.removeAttribution(GP.attribution || "");
    GP.attribution = (GP.t("数据:", "Data: ") + owners.join(GP.t("、", ", "))).replace(/[&<>"']/g, (c) => "&#" + c.charCodeAt(0) + ";");
    map.attributionControl.addAttribution(GP.attribution);
    side.replaceChildren(GP.summaryBox(), GP.el("section", { class: "gp-legend-box" }, GP.el("h2", { text: GP.t("图例", "Legend") }), GP.relocationLegend()), GP.planBox(),
      GP.el("section", { class: "gp-layer-box" }, GP.el("h2", { text: GP.t("图层", "Layers") }), GP.markTold(GP.layerSwitch(map)), GP.exclusionNote()),
      GP.el("section", { class: "gp-data-box" }, GP.el("h2", { text: GP.t("依据与数据时点", "Sources and data vintage") }), profile ? GP.el("p", { class: "gp-note", text: GP.t("判定依据:", "Classes after: ") + profile }) : null,
        GP.el("p", { class: "gp-note", text: GP.t("旧地到新居的分钟数由出行时间场算得;直线仅示意去向。", "Minutes come from the travel-time field; lines only show who goes where.") }), data));
  };
  GP.addSearch(document.getElementById("gp-searchbox"), GP.go);
  head.querySelector("#gp-lang").addEventListener("click", () => { GP.lang = GP.lang === "zh" ? "en" : "zh"; map.closePopup(); GP.render(); });
  head.querySelector("#gp-print").addEventListener("click", () => window.print());
  GP.preparePrint(map);
  GP.render();
};
