/* Layers of what to build: roads, facilities, water, power and signal, and two departments' layers. Every feature that search can find is kept in GP.found. */
GP.found = [];
GP.programmePanes = function (map) {
  GP.panes(map);
  [["links", 441], ["pipes", 439], ["badges", 452]].forEach(([name, z]) => { map.createPane("gp-" + name).style.zIndex = z; });
  const zoomed = () => map.getContainer().classList.toggle("gp-near", map.getZoom() >= 12.5);
  map.on("zoomend", zoomed);
  map.whenReady(zoomed);
};
GP.keep = (n, c, kind, key, layer) => GP.found.push({ n: n || "", c, kind, key, layer });
GP.lineWidth = (persons) => 1.8 + Math.min(4.2, Math.sqrt(persons || 0) / 9);
/* A line on a white bed, so that it stands out from the roads that are there. */
GP.casedLine = function (parts, look) {
  const path = parts.map(GP.path);
  return L.featureGroup([L.polyline(path, { pane: look.pane, color: "#fff", weight: look.weight + 2.2, opacity: 0.9, interactive: false }),
    L.polyline(path, { pane: look.pane, color: look.color, weight: look.weight, dashArray: look.dash || null, opacity: 1 })]);
};
GP.shape = (kind, colour, options) => L.divIcon({ className: "gp-mark-icon", iconSize: [18, 14], iconAnchor: [9, 7], html: GP.chip(colour, Object.assign({ shape: kind }, options || {})) });
/* The first comparison has white rims, the others dark ones: their marks lie on one map. */
GP.comparedChip = function (state, k) {
  const unknown = state === "unknown", chip = GP.chip(GP.words.stateColours[state], { shape: GP.words.stateShapes[state], stroke: unknown || k ? "#1b1b1b" : "#fff", dash: unknown ? "2 2" : null });
  if (k) chip.firstChild.setAttribute("stroke", "#1b1b1b");
  return chip;
};
GP.middle = (parts) => { const path = GP.path(parts.reduce((a, b) => (b.length > a.length ? b : a), parts[0])); return path[Math.floor(path.length / 2)]; };
/* Roads that exist, one path per class. Not on a canvas: on paper a canvas is opaque and hides the hillshade and every area beneath it. */
GP.roadLines = () => L.layerGroup(Object.keys(GP.data.roads).filter((name) => GP.style.roadsShown.includes(name)).reverse().map((name) =>
  L.polyline(GP.data.roads[name].map(GP.path), { pane: "gp-roads", color: GP.style.roads[name][0], weight: GP.style.roads[name][1], opacity: 0.95, interactive: false })));
GP.isBridge = (kind) => kind === "bridge" || kind.endsWith("_bridge");
GP.roadColour = (kind) => GP.words.roadColours[kind] || "#333";
GP.roadProgramme = function (kind, key) {
  const group = L.featureGroup();
  GP.data.links.forEach((one, k) => {
    if (one.k !== kind || !one.g.length) return;
    const line = GP.casedLine(one.g, { pane: "gp-links", color: GP.roadColour(kind), weight: GP.lineWidth(one.p), dash: kind === "upgrade" ? "6 2.5" : null });
    if (GP.isBridge(kind)) L.marker(GP.middle(one.g), { icon: GP.shape("diamond", GP.roadColour(kind)), pane: "gp-badges", keyboard: true, title: GP.pick(GP.words.roads[kind] || [kind, kind]) }).addTo(line);
    line.bindPopup(() => GP.roadPopup(k), GP.popupOptions).addTo(group);
    GP.keep(GP.pick(GP.words.roads[kind] || [kind, kind]), one.i, ["道路", "road"], key, line);
  });
  return group;
};
GP.questionColour = (k) => GP.words.questionColours[k % GP.words.questionColours.length];
GP.orderBadge = (order, colour) => L.divIcon({ className: "gp-order-icon", iconSize: [22, 22], iconAnchor: [11, 11], html: GP.el("div", { class: "gp-order", text: order, style: { background: colour } }) });
GP.siteMarkers = function (question, existing, key) {
  const group = L.featureGroup(), colour = GP.questionColour(question.k);
  question.sites.forEach((one, k) => {
    if (!one.g || Boolean(one.ex) !== existing) return;
    const mark = existing ? L.circleMarker(GP.point(one.g), { pane: "gp-points", radius: 3.6, color: colour, weight: 1.6, fillColor: "#fff", fillOpacity: 0.9 })
      : L.marker(GP.point(one.g), { icon: GP.orderBadge(String(one.o), colour), pane: "gp-badges", keyboard: true, title: one.n || one.i, zIndexOffset: 1000 - one.o });
    mark.bindPopup(() => GP.buildPopup(question, k), GP.popupOptions).addTo(group);
    GP.keep(one.n, one.i, existing ? ["现有设施", "existing facility"] : ["拟建设施", "facility to build"], key, mark);
  });
  return group;
};
GP.pipeLayer = function (mode) {
  const group = L.featureGroup(), colour = GP.words.servedColours[mode] || "#333";
  GP.data.pipes.forEach((one, k) => {
    if (one.k !== mode || !one.g.length) return;
    L.polyline(one.g.map(GP.path), { pane: "gp-pipes", color: colour, weight: 1.2 + Math.min(3, (one.d || 0) / 50), dashArray: mode === "pump" ? "5 3" : null, opacity: 0.95 })
      .bindPopup(() => GP.pipePopup(k), GP.popupOptions).addTo(group);
  });
  return group;
};
GP.schemeBadge = (one) => L.divIcon({ className: "gp-site-badge", iconSize: [26, 18], iconAnchor: [13, 4], html: GP.el("div", {}, GP.loadBar(one.l, 26, 7), GP.el("div", { class: "gp-load-text gp-near-only" }, GP.el("b", { text: one.l === null ? "?" : GP.percent(one.l) }))) });
GP.sourceLayer = function (kind, key) {
  const group = L.featureGroup();
  GP.data.sources.forEach((one, k) => {
    if (one.k !== kind || !one.g) return;
    const mark = kind === "scheme" ? L.marker(GP.point(one.g), { icon: GP.schemeBadge(one), pane: "gp-badges", keyboard: true, title: one.n || one.i })
      : L.circleMarker(GP.point(one.g), { pane: "gp-points", radius: 2.6, color: "#0b5d53", weight: 1, fillColor: kind ? "#8fd6c9" : "#fff", fillOpacity: 0.95, dashArray: kind ? null : "2 2" });
    mark.bindPopup(() => GP.sourcePopup(k), GP.popupOptions).addTo(group);
    GP.keep(one.n, one.i, GP.words.waterKinds[kind] || [kind, kind], key, mark);
  });
  return group;
};
GP.homeDot = function (i, colour, unknown) {
  const radius = 2.4 + Math.min(5, Math.sqrt(GP.data.settlements.p[i] || 0) / 4);
  return L.circleMarker(GP.point(GP.data.settlements.g[i]), { pane: "gp-points", radius, fillColor: colour, fillOpacity: 0.95, color: unknown ? "#333" : "#1b1b1b", weight: unknown ? 1.2 : 0.7, dashArray: unknown ? "2 2" : null })
    .bindPopup(() => GP.homePopup(i), GP.popupOptions);
};
/* Settlements of one digit in a column of states; with no column, all of them. */
GP.homes = function (column, digit, colour, unknown, key, ring) {
  const group = L.featureGroup(), s = GP.data.settlements;
  group.dots = new Map();
  s.g.forEach((place, i) => {
    if (!place || (column && column[i] !== digit)) return;
    const dot = GP.homeDot(i, colour, unknown).addTo(group);
    /* A second network is a ring around the first one's dot: both are seen. */
    if (ring) dot.setStyle({ radius: dot.getRadius() + 3, color: colour, weight: 2.2, fillOpacity: 0.01 });
    group.dots.set(i, dot);
    if (!column) { GP.keep(s.n[i], s.id[i], ["居民点", "settlement"], key, dot); GP.found[GP.found.length - 1].home = i; }
  });
  return group;
};
GP.withinColours = (k) => Object.assign({}, GP.words.withinColours, { false: GP.words.beyondColours[k % GP.words.beyondColours.length] });
GP.networkColour = (k) => ["#b8860b", "#661100", "#44aa99", "#882255"][k % 4];
GP.wireLayer = function (network, k) {
  const group = L.featureGroup();
  GP.data.lines.forEach((one, n) => {
    if (one.k !== network.id || !one.g.length) return;
    GP.casedLine(one.g, { pane: "gp-links", color: GP.networkColour(k), weight: 2.4, dash: "8 3" }).bindPopup(() => GP.wirePopup(n), GP.popupOptions).addTo(group);
  });
  return group;
};
GP.comparedLayer = function (comparison, k, state, key) {
  const group = L.featureGroup(), look = GP.words.stateShapes[state], colour = GP.words.stateColours[state], quiet = state === "agrees";
  const digit = Object.keys(GP.words.states).indexOf(state);
  comparison.rows.forEach((one, n) => {
    if (!one.g || one.s !== digit) return;
    const mark = look === "dot" ? L.circleMarker(GP.point(one.g), { pane: "gp-points", radius: quiet ? 3 : 4.2, fillColor: colour, fillOpacity: 0.9, color: quiet && !k ? "#fff" : "#1b1b1b", weight: 1, dashArray: quiet ? null : "2 2" })
      : L.marker(GP.point(one.g), { icon: L.divIcon({ className: "gp-mark-icon", iconSize: [18, 14], iconAnchor: [9, 7], html: GP.comparedChip(state, k) }), pane: "gp-badges", keyboard: true, title: one.ln || one.rn });
    mark.bindPopup(() => GP.comparedPopup(comparison, n), GP.popupOptions).addTo(group);
    GP.keep(one.ln || one.rn, [one.li, one.ri].filter(Boolean).join(" / "), [comparison.zh, comparison.en], key, mark);
  });
  return group;
};
/* Fifths of the ranked townships; one that has no rank is hatched, never coloured. */
GP.rankColour = (rank, n) => (rank === null ? "url(#gp-hatch)" : GP.words.rankColours[Math.min(4, Math.floor((5 * (rank - 1)) / Math.max(1, n)))]);
GP.rankLayer = function () {
  const group = L.featureGroup(), units = GP.data.ranking ? GP.data.ranking.units : [];
  GP.data.townships.forEach((one) => {
    const k = units.findIndex((each) => each.c === one.c);
    if (k < 0 || !one.g.length) return;
    L.polygon(GP.area(one.g), { pane: "gp-areas", color: "#666", weight: 0.6, fillColor: GP.rankColour(units[k].k, units.length), fillOpacity: 0.55, smoothFactor: 0 })
      .bindPopup(() => GP.rankPopup(k), GP.popupOptions).addTo(group);
  });
  return group;
};
