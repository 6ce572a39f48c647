/* Build the Leaflet layers of a county. Each entry: key, labels, layer, whether it starts visible. */
GP.panes = function (map) {
  [["areas", 410], ["water", 415], ["hazards", 420], ["roads", 425], ["outlines", 430], ["focus", 440], ["sites", 445], ["points", 450]].forEach(
    ([name, z]) => { map.createPane("gp-" + name).style.zIndex = z; });
  ["water", "roads", "outlines", "focus"].forEach((name) => { map.getPane("gp-" + name).style.pointerEvents = "none"; });
};

GP.popupOptions = { maxWidth: 440, minWidth: 340, maxHeight: 380, autoPanPaddingTopLeft: [20, 20] };
GP.unitLayer = function (item, onPopup, onSettlement) {
  const group = L.featureGroup();
  GP.unitShapes = GP.data.units.map((unit, index) => {
    if (!unit.g.length) return null;
    const shape = L.polygon(GP.area(unit.g), { pane: "gp-areas", color: "#5b5b5b", weight: 0.7, opacity: 0.9, fillOpacity: 0.82,
      fillColor: GP.fill(unit.s, item), smoothFactor: 0 });
    shape.bindPopup(() => onPopup(index), GP.popupOptions);
    shape.on("popupopen", () => GP.outline(shape, true)).on("popupclose", () => GP.outline(shape, false));
    return shape.addTo(group);
  });
  GP.looseDots = new Map();
  GP.loose().forEach((i) => {
    const dot = L.circleMarker(GP.point(GP.data.settlements.g[i]), Object.assign({ pane: "gp-sites" }, GP.coverageDot(i, item)));
    GP.looseDots.set(i, dot.bindPopup(() => onSettlement(i), GP.popupOptions).addTo(group));
  });
  return group;
};
/* Settlements that lie in no drawn polygon: their coverage must be seen too. */
GP.loose = function () {
  const s = GP.data.settlements, out = [];
  s.u.forEach((u, i) => { if (s.g[i] && (u < 0 || !GP.data.units[u].g.length)) out.push(i); });
  return out;
};
/* Draw the chosen unit's border strongly while its popup is open. */
GP.outline = (shape, on) => { shape.setStyle(on ? { weight: 3, color: "#000" } : { weight: 0.7, color: "#5b5b5b" }); if (on) shape.bringToFront(); };
GP.recolour = function (item) {
  (GP.unitShapes || []).forEach((shape, k) => shape && shape.setStyle({ fillColor: GP.fill(GP.data.units[k].s, item) }));
  (GP.looseDots || new Map()).forEach((dot, i) => dot.setStyle(GP.coverageDot(i, item)));
  if (!GP.data.level) GP.settlementDots.forEach((dot, i) => dot && dot.setStyle(GP.coverageDot(i, item)));
};

GP.dotRadius = (i) => 3 + Math.min(6, Math.sqrt(GP.data.settlements.p[i] || 0) / 3);
GP.coverageDot = function (i, item) {
  const fill = GP.fill(GP.data.settlements.s[i], item), hatched = fill.startsWith("url");
  return { radius: GP.dotRadius(i) + 1, fillColor: fill, fillOpacity: 0.95, color: "#2b2b2b", weight: hatched ? 1.4 : 1, dashArray: hatched ? "2 2" : null };
};
GP.classDot = function (i) {
  const k = GP.data.settlements.c[i];
  return { radius: GP.dotRadius(i), fillColor: GP.style.classColours[GP.style.classes[k]], fillOpacity: 0.95, color: k === 3 ? "#444" : "#1b1b1b", weight: 1, dashArray: k === 3 ? "2 2" : null };
};
GP.settlementLayers = function (item, onPopup) {
  const s = GP.data.settlements;
  const groups = GP.style.classes.map(() => L.featureGroup());
  GP.settlementDots = s.g.map((place, i) => {
    if (!place) return null;
    const dot = L.circleMarker(GP.point(place), Object.assign({ pane: "gp-points" }, GP.data.level ? GP.classDot(i) : GP.coverageDot(i, item)));
    dot.bindPopup(() => onPopup(i), { maxWidth: 440, minWidth: 340, maxHeight: 380, autoPanPaddingTopLeft: [20, 20] });
    return dot.addTo(groups[s.c[i]]);
  });
  return groups;
};

/* One layer per road class, each one path: a canvas would hide what lies beneath it on paper. Lines never catch the pointer. */
GP.roadLayers = function () {
  const layers = {};
  for (const name of Object.keys(GP.data.roads)) {
    const [color, weight] = GP.style.roads[name];
    const dash = { path: "2 3", track: "5 3", ferry: "1 4" }[name] || null;
    layers[name] = L.polyline(GP.data.roads[name].map(GP.path), { pane: "gp-roads", color, weight, opacity: 0.95, dashArray: dash, interactive: false });
  }
  return layers;
};
GP.wallLayer = () => L.polyline(GP.data.water.walls.map(GP.path), { pane: "gp-water", color: GP.style.wall, weight: 2, dashArray: "1 3", lineCap: "butt", opacity: 0.9, interactive: false });
GP.waterLayer = function () {
  const colour = GP.style.river, group = L.layerGroup();
  L.polyline(GP.data.water.lines.map(GP.path), { pane: "gp-water", color: colour, weight: 1.6, opacity: 0.9, interactive: false }).addTo(group);
  GP.data.water.areas.forEach((one) => L.polygon(GP.area(one), { pane: "gp-water", color: colour, weight: 0.5, fillColor: colour, fillOpacity: 0.55, interactive: false }).addTo(group));
  return group;
};
GP.hazardLayer = function (entry, onPopup) {
  const group = L.layerGroup();
  const look = (one) => ({ pane: "gp-hazards", color: GP.style.hazards[one.c] || GP.style.hazards[""], weight: 1.4, fillColor: GP.style.hazards[one.c] || GP.style.hazards[""], fillOpacity: 0.38, dashArray: "4 2" });
  const add = (shape, one) => shape.bindPopup(() => onPopup(entry, one), { maxWidth: 320 }).addTo(group);
  (entry.points || []).forEach((one) => {
    if (!one.g) return;
    add(one.r ? L.circle(GP.point(one.g), Object.assign(look(one), { radius: one.r })) : L.circleMarker(GP.point(one.g), Object.assign(look(one), { radius: 5 })), one);
  });
  (entry.lines || []).forEach((one) => add(L.polyline(one.g.map(GP.path), Object.assign(look(one), { fill: false, weight: 2.5 })), one));
  (entry.areas || []).forEach((one) => add(L.polygon(GP.area(one.g), look(one)), one));
  return group;
};
GP.surveyLayer = function () {
  const group = L.layerGroup();
  GP.data.surveys.forEach((one) => L.polygon(GP.area(one), { pane: "gp-outlines", color: "#4d4d4d", weight: 1.5, dashArray: "8 4", fill: false, interactive: false }).addTo(group));
  return group;
};
GP.badge = (kind, colour) => L.divIcon({ className: "", iconSize: [14, 14], iconAnchor: [9, 7], html: GP.chip(colour, { shape: kind }) });
GP.facilityLayer = function (service, k, onPopup) {
  const group = L.layerGroup(), look = GP.facilityLook(k);
  service.points.forEach((one) => L.marker(GP.point(one.g), { icon: GP.badge(look.shape, look.colour), pane: "gp-points", keyboard: false })
    .bindPopup(() => onPopup(service, one), { maxWidth: 320 }).addTo(group));
  return group;
};
GP.siteLayer = function (onPopup) {
  const group = L.layerGroup(), colour = GP.style.site;
  GP.data.sites.forEach((one) => {
    const shape = one.p.length
      ? L.polygon(GP.area(one.p), { pane: "gp-sites", color: colour, weight: 2, fillColor: colour, fillOpacity: 0.5 })
      : L.marker(GP.point(one.g), { icon: GP.badge("diamond", colour), pane: "gp-points", keyboard: false });
    shape.bindPopup(() => onPopup(one), { maxWidth: 340 }).addTo(group);
  });
  return group;
};
GP.outlineLayer = function (list, options) {
  const group = L.layerGroup();
  list.forEach((one) => L.polygon(GP.area(one.g), Object.assign({ pane: "gp-outlines", fill: false, interactive: false, smoothFactor: 0 }, options)).addTo(group));
  return group;
};
GP.labelLayer = function (list, className) {
  const group = L.layerGroup();
  list.forEach((one) => {
    if (!one.l || !one.n) return;
    const text = GP.el("span", { text: one.n });
    L.marker(GP.point(one.l), { icon: L.divIcon({ className: "gp-label " + className, html: text, iconSize: [0, 0] }), interactive: false, keyboard: false, pane: "gp-outlines" }).addTo(group);
  });
  return group;
};
