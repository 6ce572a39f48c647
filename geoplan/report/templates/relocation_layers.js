/* Layers of moves, receiving sites, ruled-out ground and road links; used by the relocation map and by the page of every site. */
GP.say = (labels, key) => GP.pick(labels[key] || [key || "–", key || "–"]);
GP.told = (n) => (n === undefined || n < 0 ? "" : GP.pick(GP.data.texts[n]));
GP.yuan = function (value) {
  if (value === null || value === undefined) return "–";
  const steps = GP.lang === "zh" ? [[1e8, "亿元"], [1e4, "万元"], [1, "元"]] : [[1e6, "million yuan"], [1, "yuan"]];
  const [scale, name] = steps.find((one) => Math.abs(value) >= one[0]) || steps[steps.length - 1];
  const shown = value / scale, digits = scale === 1 || Math.abs(shown) >= 1000 ? 0 : Math.abs(shown) >= 10 ? 1 : 2;
  return shown.toLocaleString("en-US", { maximumFractionDigits: digits }) + " " + name;
};
GP.km2 = (m2) => (m2 === null ? "–" : (m2 / 1e6).toLocaleString("en-US", { maximumFractionDigits: m2 < 1e6 ? 2 : 1 }) + "\u00a0km²");
GP.percent = (share) => (share === null ? "–" : (100 * share).toLocaleString("en-US", { maximumFractionDigits: share < 0.1 ? 1 : 0 }) + "%");
GP.relocationPanes = function (map) {
  GP.panes(map);
  [["excluded", 405], ["links", 441], ["moves", 443]].forEach(([name, z]) => { map.createPane("gp-" + name).style.zIndex = z; });
  const zoomed = () => map.getContainer().classList.toggle("gp-near", map.getZoom() >= 12.5);
  map.on("zoomend", () => { zoomed(); GP.declutter(); });
  map.whenReady(zoomed);
};
/* Certain: full colour, thin dark ring. Not certain: a thick ring of the colour of the class, nearly empty inside. */
GP.isCertain = (i) => { const v = GP.data.settlements.v; return !v || v[i] !== 2; };
GP.relocationDot = function (i) {
  const s = GP.data.settlements, k = s.c[i], fill = GP.style.classColours[GP.style.classes[k]], quiet = k === 2, sure = GP.isCertain(i);
  const radius = quiet ? 1.3 + Math.min(2.5, Math.sqrt(s.p[i] || 0) / 9) : 3.5 + Math.min(6, Math.sqrt(s.p[i] || 0) / 2.6);
  if (k === 3) return { radius, fillColor: "#fff", fillOpacity: 0.95, color: "#333", weight: 1.3, dashArray: "2 2" };
  if (sure) return { radius, fillColor: fill, fillOpacity: quiet ? 0.6 : 0.95, color: quiet ? fill : "#1b1b1b", weight: quiet ? 0.3 : 1, dashArray: null };
  const ring = { 0: fill, 1: "#b3a100", 2: fill }[k];
  return { radius, fillColor: k === 1 ? fill : "#fff", fillOpacity: k === 1 ? 0.35 : 0.75, color: ring, weight: quiet ? 1 : 2.4, dashArray: null };
};
GP.relocationSettlements = function (onPopup) {
  const s = GP.data.settlements, groups = GP.style.classes.map(() => L.featureGroup());
  GP.settlementDots = [];
  /* Those who stay lie below those who move. */
  s.g.map((_, i) => i).sort((a, b) => (s.c[b] === 2) - (s.c[a] === 2) || (s.p[b] || 0) - (s.p[a] || 0)).forEach((i) => {
    if (!s.g[i]) return;
    const dot = L.circleMarker(GP.point(s.g[i]), Object.assign({ pane: "gp-points" }, GP.relocationDot(i)));
    if (onPopup) dot.bindPopup(() => onPopup(i), GP.popupOptions);
    GP.settlementDots[i] = dot.addTo(groups[s.c[i]]);
  });
  return groups;
};
/* A bow from a to b: lines between the same places stay apart, and no line hides under a road. */
GP.bow = function (a, b) {
  const out = [], mx = (a[0] + b[0]) / 2 + (b[1] - a[1]) * 0.13, my = (a[1] + b[1]) / 2 - (b[0] - a[0]) * 0.13;
  for (let k = 0; k <= 14; k += 1) {
    const t = k / 14, u = 1 - t;
    out.push([u * u * a[0] + 2 * u * t * mx + t * t * b[0], u * u * a[1] + 2 * u * t * my + t * t * b[1]]);
  }
  return out;
};
GP.moveWidth = (persons) => 1.2 + Math.min(6, Math.sqrt(persons || 0) / 3.2);
GP.moveLayer = function (only, onPopup) {
  const s = GP.data.settlements, group = L.featureGroup();
  GP.moveLines = [];
  s.t.forEach((t, i) => {
    if (t < 0 || (only !== null && t !== only) || !s.g[i] || !GP.data.sites[t].g) return;
    const path = GP.bow(GP.point(s.g[i]), GP.point(GP.data.sites[t].g)), width = GP.moveWidth(s.p[i]);
    const look = { pane: "gp-moves", lineCap: "butt" };
    const line = L.featureGroup([L.polyline(path, Object.assign({ color: "#fff", weight: width + 1.6, opacity: 0.75, interactive: false }, look)),
      L.polyline(path, Object.assign({ color: "#0b5c2e", weight: width, opacity: 0.85, dashArray: s.same[i] ? null : "6 3" }, look))]);
    if (onPopup) line.bindPopup(() => onPopup(i), GP.popupOptions);
    line.site = t;
    line.setStrong = (on) => line.eachLayer((one, k) => one.setStyle({ opacity: on ? (one.options.interactive ? 0.85 : 0.75) : one.options.interactive ? 0.12 : 0 }));
    GP.moveLines.push(line.addTo(group));
  });
  return group;
};
GP.loadColour = (share) => (share === null ? "#777" : share > 1.0001 ? "#a50f2d" : "#117733");
GP.loadBar = function (share, width, height) {
  const inner = Math.max(0, Math.min(1, share || 0)) * (width - 2);
  return GP.svg("svg", { width, height, class: "gp-load", "aria-hidden": "true" }, GP.svg("rect", { x: 0.5, y: 0.5, width: width - 1, height: height - 1, fill: "#fff", stroke: "#0b3d20", "stroke-width": 1 }),
    GP.svg("rect", { x: 1, y: 1, width: inner, height: height - 2, fill: GP.loadColour(share) }));
};
GP.siteBadge = function (one) {
  const near = GP.el("span", { class: "gp-far-hide", text: " " + GP.count(one.p) + "/" + GP.count(one.cp) });
  const text = GP.el("div", { class: "gp-load-text", "data-persons": one.p || 0 }, GP.el("b", { text: GP.percent(one.l) }), near);
  return L.divIcon({ className: "gp-site-badge", iconSize: [28, 20], iconAnchor: [14, 4], html: GP.el("div", {}, GP.loadBar(one.l, 28, 8), text) });
};
GP.openSites = function (only, onPopup) {
  const group = L.featureGroup();
  GP.siteMarkers = [];
  GP.data.sites.forEach((one, k) => {
    if (!one.o || !one.g || (only !== null && k !== only)) return;
    const parts = L.featureGroup();
    if (one.area.length) L.polygon(GP.area(one.area), { pane: "gp-sites", color: "#0b3d20", weight: 1.2, fillColor: GP.style.site, fillOpacity: 0.55 }).addTo(parts);
    L.marker(GP.point(one.g), { icon: GP.siteBadge(one), pane: "gp-points", keyboard: true, title: one.n || one.i, zIndexOffset: Math.round(one.p || 0) }).addTo(parts);
    if (onPopup) parts.bindPopup(() => onPopup(k), GP.popupOptions);
    GP.siteMarkers[k] = parts.addTo(group);
  });
  return group;
};
/* Where badges would write over one another, the fuller site keeps its words; every bar stays. */
GP.declutter = function () {
  const taken = [];
  const badges = [...document.querySelectorAll(".gp-site-badge")];
  const rank = (node) => Number(node.querySelector(".gp-load-text").dataset.persons);
  badges.sort((a, b) => rank(b) - rank(a)).forEach((node) => {
    const text = node.querySelector(".gp-load-text");
    text.style.visibility = "";
    const box = text.getBoundingClientRect();
    const hit = taken.some((one) => box.left < one.right && box.right > one.left && box.top < one.bottom && box.bottom > one.top);
    if (hit) text.style.visibility = "hidden"; else taken.push(box);
  });
};
GP.spareSites = function (onPopup) {
  const group = L.featureGroup();
  GP.data.sites.forEach((one, k) => {
    if (one.o || !one.g) return;
    const shape = one.area.length ? L.polygon(GP.area(one.area), { pane: "gp-sites", color: "#117733", weight: 1, fillColor: "#fff", fillOpacity: 0.45, dashArray: "3 2" })
      : L.circleMarker(GP.point(one.g), { pane: "gp-sites", radius: 4, color: "#117733", weight: 1.4, fillColor: "#fff", fillOpacity: 0.8 });
    GP.siteMarkers[k] = shape.bindPopup(() => onPopup(k), GP.popupOptions).addTo(group);
  });
  return group;
};
GP.exclusionLayer = (one) => L.imageOverlay(one.uri, [[one.b[1], one.b[0]], [one.b[3], one.b[2]]], { pane: "gp-excluded", interactive: false, className: "gp-crisp" });
GP.linkLayer = function (onPopup) {
  const group = L.featureGroup();
  GP.data.links.forEach((one, k) => {
    const path = one.g.map(GP.path), colour = GP.words.linkColours[one.k] || "#d95f02";
    const line = L.featureGroup([L.polyline(path, { pane: "gp-links", color: "#fff", weight: 5, opacity: 0.9 }), L.polyline(path, { pane: "gp-links", color: colour, weight: 3, dashArray: "7 3" })]);
    line.bindPopup(() => onPopup(k), GP.popupOptions).addTo(group);
  });
  return group;
};
