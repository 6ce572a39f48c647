/* The map of what to build: one theme at a time with its figures, every layer by itself, search, print. */
GP.themes = [["all", ["总览", "Overview"]], ["roads", ["道路", "Roads"]], ["siting", ["选址", "Siting"]], ["water", ["供水", "Water"]], ["power", ["电与信号", "Power"]], ["compare", ["部门比对", "Compared"]]];
GP.theme = "all";
GP.parts = { all: () => [GP.totalPart(), GP.platformPart(), GP.rankPart()], roads: () => [GP.roadPart()], siting: () => GP.sitingParts(), water: () => GP.waterParts(), power: () => GP.powerParts(), compare: () => GP.compareParts() };
GP.roadChip = (kind) => (GP.isBridge(kind) ? GP.chip(GP.roadColour(kind), { shape: "diamond" }) : GP.chip(GP.roadColour(kind), { shape: "line", width: 3, dash: kind === "upgrade" ? "6 2.5" : null }));
GP.ringChip = function (n) {
  const chip = GP.chip("none", { shape: "dot", r: 5.5, stroke: GP.withinColours(n).false });
  chip.firstChild.setAttribute("stroke-width", "2.2");
  return chip;
};
GP.searchIndex = function () {
  const out = GP.data.townships.map((one) => ({ n: one.n, c: one.c, kind: ["乡镇", "township"], go: { bounds: () => (one.g.length ? L.latLngBounds(GP.area(one.g).flat(2)) : null) } }));
  GP.found.forEach((one, k) => out.push({ n: one.n, c: one.c, kind: one.kind, go: { found: k } }));
  return out;
};
/* Entries of the switch; what is empty is named once, under the switch. */
GP.programmeEntries = function () {
  const d = GP.data, w = GP.words, entries = [], line = (colour, width, dash) => GP.chip(colour, { shape: "line", width, dash });
  GP.empty = [];
  const add = (key, part, label, chip, layer, themes) => {
    if (layer.getLayers && !layer.getLayers().length) { GP.empty.push(label); return; }
    entries.push({ key, part, label, chip, layer, themes, on: themes.includes("all") });
  };
  const roads = ["道路建设方案", "Roads to build"], siting = ["设施选址", "Where to build"], water = ["供水", "Water"], base = ["底图", "Background"], hazards = ["地质灾害与洪涝", "Hazards"];
  const kinds = [...new Set([...Object.keys(w.roads), ...d.links.map((one) => one.k)])];
  if (d.programme) kinds.forEach((kind) => add("road-" + kind, roads, w.roads[kind] || [kind, kind], GP.roadChip(kind), GP.roadProgramme(kind, "road-" + kind), ["all", "roads"]));
  d.questions.forEach((q) => {
    const colour = GP.questionColour(q.k);
    add("new-" + q.k, siting, ["拟建" + q.zh, "to build: " + q.en], GP.chip(colour, { shape: "dot", r: 6 }), GP.siteMarkers(q, false, "new-" + q.k), ["all", "siting"]);
    add("old-" + q.k, siting, ["现有" + q.zh, "existing: " + q.en], GP.chip("#fff", { shape: "dot", stroke: colour, r: 4 }), GP.siteMarkers(q, true, "old-" + q.k), ["siting"]);
  });
  if (d.served.length) {
    add("pipe-gravity", water, ["自流管道", "gravity pipes"], line(w.servedColours.gravity, 3), GP.pipeLayer("gravity"), ["water"]);
    add("pipe-pump", water, ["提水管道", "pumped pipes"], line(w.servedColours.pump, 3, "5 3"), GP.pipeLayer("pump"), ["water"]);
    Object.keys(w.waterKinds).forEach((kind) => { if (kind || d.sources.some((one) => !one.k)) add("source-" + (kind || "other"), water, w.waterKinds[kind], kind === "scheme" ? GP.loadBar(0.7, 18, 8) : GP.chip("#8fd6c9", { shape: "dot", r: 3.5, stroke: "#0b5d53" }), GP.sourceLayer(kind, "source-" + (kind || "other")), kind === "scheme" ? ["water"] : []); });
    Object.keys(w.served).forEach((code, k) => add("served-" + code, ["居民点由谁供水", "Settlements by water"], w.served[code], GP.chip(w.servedColours[code], { shape: "dot", dash: code === "unknown" ? "2 2" : null }), GP.homes(d.settlements.water.s, k, w.servedColours[code], code === "unknown", "served-" + code), ["water"]));
  }
  d.networks.forEach((one, n) => {
    const column = d.settlements.net[one.id];
    if (one.kind === "wired") add("wire-" + n, [one.zh, one.en], ["待建线路", "lines to build"], line(GP.networkColour(n), 2.6, "8 3"), GP.wireLayer(one, n), ["power"]);
    Object.keys(w.within).forEach((code, k) => add("net" + n + "-" + code, [one.zh, one.en], w.within[code], n && code === "false" ? GP.ringChip(n) : GP.chip(GP.withinColours(n)[code], { shape: "dot", dash: code === "unknown" ? "2 2" : null }), GP.homes(column ? column.s : [], k, GP.withinColours(n)[code], code === "unknown", "net" + n + "-" + code, n > 0 && code === "false"), n === 0 || code === "false" ? ["power"] : []));
  });
  d.comparisons.forEach((one, n) => Object.keys(w.states).forEach((state) => {
    const words = (lang) => w.states[state][lang].replace("{left}", () => one.left[lang]).replace("{right}", () => one.right[lang]);
    add("compared" + n + "-" + state, ["比对:" + one.zh, "Compared: " + one.en], [words(0), words(1)], GP.comparedChip(state, n), GP.comparedLayer(one, n, state, "compared" + n + "-" + state), ["compare"]);
  }));
  d.hazards.forEach((one, k) => { if (!one.raster) add("hazard" + k, hazards, GP.style.hazardKinds[one.kind], line(GP.style.hazards.high, 2.5, "4 2"), GP.hazardLayer(one, GP.hazardPopup), []); });
  add("rank", base, ["乡镇排名(五等分)", "townships by rank (fifths)"], GP.chip(w.rankColours[1]), GP.rankLayer(), ["all"]);
  add("townships", base, ["乡镇界与名称", "township borders, names"], line("#1b1b1b", 2.4), L.layerGroup([GP.outlineLayer(d.townships, { color: "#444", weight: 1.4 }), GP.labelLayer(d.townships, "gp-township")]), "*");
  add("water", base, ["河流水域", "rivers and water"], line(GP.style.river, 2.4), GP.waterLayer(), "*");
  add("roads", base, ["现有道路", "roads that exist"], line(GP.style.roads.county[0], 2), GP.roadLines(), "*");
  add("homes", base, ["居民点", "settlements"], GP.chip("#555", { shape: "dot", r: 3 }), GP.homes(null, 0, "#777", false, "homes"), []);
  entries.forEach((one, k) => { one.at = k; if (one.themes === "*") one.on = true; });
  return entries;
};
/* What the theme shows stands first in the switch, then the rest in its own order, then the background. */
GP.arrange = function () {
  const own = new Set(GP.entries.filter((one) => one.themes !== "*" && one.themes.includes(GP.theme)).map((one) => one.part[1])), place = (one) => (one.part[1] === "Background" ? 2 : own.has(one.part[1]) ? 0 : 1);
  GP.entries.sort((a, b) => place(a) - place(b) || a.at - b.at);
};
GP.choose = function (map, theme) {
  GP.theme = theme;
  map.closePopup();
  GP.entries.forEach((one) => { if (one.themes !== "*") GP.toggle(map, one, one.themes.includes(theme)); });
  GP.render();
  document.getElementById("gp-side").scrollTop = 0;
};
GP.themeBar = (map) => GP.el("div", { id: "gp-themes", role: "tablist" }, ...GP.themes.map(([name, label]) => GP.el("button", { type: "button", role: "tab", "data-theme": name, "aria-selected": String(name === GP.theme), text: GP.pick(label), on: { click: () => GP.choose(map, name) } })));
GP.emptyLine = () => (GP.empty.length ? GP.el("p", { class: "gp-note", id: "gp-empty", text: GP.t("没有可绘的:", "None to draw: ") + [...new Set(GP.empty.map(GP.pick))].join(GP.t("、", ", ")) }) : null);
/* What shows of the ranks: five colours, best first. */
GP.rankKey = () => (GP.entries.some((one) => one.key === "rank" && one.on) ? GP.el("p", { class: "gp-bar-key gp-rank-key" }, GP.el("span", { text: GP.t("排名 好", "rank: best") }), ...GP.words.rankColours.map((one) => GP.chip(one)), GP.el("span", { text: GP.t("差", "worst") })) : null);
/* Paper: the map fills its frame (its zoom may be a fraction there), and the panel shrinks until all of it is on the sheet. */
GP.fitPaper = function (map, side) {
  const snap = map.options.zoomSnap;
  window.addEventListener("beforeprint", () => { map.options.zoomSnap = 0.1; });
  GP.preparePrint(map);
  const [west, south, east, north] = GP.data.bounds, county = L.latLngBounds([[south, west], [north, east]]);
  window.addEventListener("beforeprint", () => { if (map.getBounds().contains(county)) map.fitBounds(county, { padding: [8, 8], animate: false }); });
  window.addEventListener("beforeprint", () => { for (let zoom = 1; zoom > 0.6 && side.scrollHeight > side.clientHeight; zoom -= 0.02) [...side.children].forEach((one) => { one.style.zoom = zoom.toFixed(2); }); });
  window.addEventListener("afterprint", () => { map.options.zoomSnap = snap; [...side.children].forEach((one) => { one.style.zoom = ""; }); map.setZoom(Math.round(map.getZoom()), { animate: false }); });
};
GP.programme = function (map) {
  const d = GP.data, side = document.getElementById("gp-side"), head = document.getElementById("gp-head");
  GP.programmePanes(map);
  GP.entries = GP.programmeEntries();
  GP.entries.filter((one) => one.on).forEach((one) => one.layer.addTo(map));
  GP.go = function (target) {
    if (target.found !== undefined) {
      const kept = GP.found[target.found], shown = kept.home === undefined ? null : GP.entries.find((each) => each.on && each.layer.dots && each.layer.dots.has(kept.home));
      /* A settlement opens where it is shown already; the plain dots come on only where it is not. */
      const one = shown ? { key: shown.key, layer: shown.layer.dots.get(kept.home) } : kept, entry = GP.entries.find((each) => each.key === one.key);
      if (entry && !map.hasLayer(entry.layer)) { GP.toggle(map, entry, true); GP.render(); }
      const at = one.layer.getLatLng ? one.layer.getLatLng() : one.layer.getBounds().getCenter();
      map.setView(at, Math.max(map.getZoom(), 13), { animate: false });
      one.layer.openPopup(at);
    } else { const bounds = target.bounds(); if (bounds) map.fitBounds(bounds, { maxZoom: 14, animate: false }); }
  };
  GP.render = function () {
    GP.arrange();
    document.documentElement.lang = GP.lang === "zh" ? "zh-CN" : "en";
    const title = GP.t(d.name + " 建设方案与部门比对图", d.nameEn + ": what to build, and layers compared"), profile = GP.both(d.profile);
    document.title = title;
    head.querySelector("h1").textContent = title;
    head.querySelector(".gp-sub").textContent = [profile, String(d.year), GP.pick(GP.themes.find(([name]) => name === GP.theme)[1])].filter(Boolean).join(" · ");
    head.querySelector("#gp-lang").textContent = GP.lang === "zh" ? "English" : "中文";
    head.querySelector("#gp-print").textContent = GP.t("打印", "Print");
    GP.labelSearch();
    const data = GP.el("ul", { class: "gp-data" }, ...d.vintages.map((one) => GP.el("li", { text: one.id + ":" + one.vintage + " · " + one.licence + (one.source ? " · " + one.source : "") })));
    const owners = [...new Set(d.vintages.map((one) => one.source || one.licence).filter(Boolean))];
    map.attributionControl.removeAttribution(GP.attribution || "");
    GP.attribution = (GP.t("数据:", "Data: ") + owners.join(GP.t("、", ", "))).replace(/[&<>"']/g, (c) => "&#" + c.charCodeAt(0) + ";");
    map.attributionControl.addAttribution(GP.attribution);
    side.replaceChildren(GP.themeBar(map), GP.el("div", { id: "gp-theme", "data-theme": GP.theme }, ...GP.parts[GP.theme]()),
      GP.el("section", { class: "gp-layer-box" }, GP.el("h2", { text: GP.t("图层与图例", "Layers and legend") }), GP.layerSwitch(map), GP.rankKey(), GP.emptyLine()),
      GP.el("section", { class: "gp-data-box" }, GP.el("h2", { text: GP.t("数据时点与许可", "Data vintage and licence") }), data));
  };
  GP.addSearch(document.getElementById("gp-searchbox"), GP.go);
  head.querySelector("#gp-lang").addEventListener("click", () => { GP.lang = GP.lang === "zh" ? "en" : "zh"; map.closePopup(); GP.render(); });
  head.querySelector("#gp-print").addEventListener("click", () => window.print());
  GP.fitPaper(map, side);
  GP.render();
};
