/* The map of one unit: its shape, its neighbours, roads, water, hazards, facilities and settlements. */
GP.data = window.GEOPLAN.data;
GP.style = window.GEOPLAN.style;
GP.lang = document.body.dataset.lang;
GP.addHatch();
(function () {
  const index = Number(document.body.dataset.unit), unit = GP.data.units[index], inside = GP.members()[index];
  /* The legend sets the height of the row, and with it that of the map: it has to be there before the map is laid out. */
  const legend = document.getElementById("legend");
  const add = (chip, text) => legend.append(GP.el("span", {}, chip, GP.el("b", { text })));
  GP.style.classes.forEach((name, k) => add(GP.chip(GP.style.classColours[name], { shape: "dot", dash: k === 3 ? "2 2" : null, stroke: "#444" }), GP.pick(GP.style.classLabels[k])));
  GP.data.facilities.forEach((one, k) => { if (one.points.length) add(GP.chip(GP.facilityLook(k).colour, GP.facilityLook(k)), GP.both(one)); });
  new Set(GP.data.hazards.map((one) => one.kind)).forEach((kind) => add(GP.chip(GP.style.hazards.high, { shape: "line", dash: "4 2", width: 2.5 }), GP.pick(GP.style.hazardKinds[kind])));
  const map = L.map("map", { zoomSnap: 0.25, zoomControl: true });
  map.attributionControl.setPrefix(false);
  GP.panes(map);
  const shade = window.GEOPLAN.background;
  if (shade) L.imageOverlay(shade.uri, [[shade.bounds[1], shade.bounds[0]], [shade.bounds[3], shade.bounds[2]]], { pane: "tilePane", interactive: false }).addTo(map);
  const own = unit.g.length ? L.polygon(GP.area(unit.g), { pane: "gp-focus", color: "#111", weight: 3, fill: false, interactive: false }) : null;
  const dots = inside.map((i) => GP.data.settlements.g[i]).filter(Boolean).map(GP.point);
  const bounds = own ? own.getBounds() : dots.length ? L.latLngBounds(dots) : L.latLngBounds([[GP.data.bounds[1], GP.data.bounds[0]], [GP.data.bounds[3], GP.data.bounds[2]]]);
  map.fitBounds(bounds.pad(0.15), { maxZoom: 16, animate: false });
  const go = (k) => { if (k !== index && GP.data.units[k].h) window.location.href = GP.data.units[k].h.replace(/^groups\//, ""); };
  const near = map.getBounds().pad(1);
  GP.data.units.forEach((one, k) => {
    if (!one.g.length) return;
    const shape = L.polygon(GP.area(one.g), { pane: "gp-areas", color: "#5b5b5b", weight: 0.8, fillColor: GP.fill(one.s, -1), fillOpacity: k === index ? 0.75 : 0.3, smoothFactor: 0 });
    if (!near.intersects(shape.getBounds())) return;
    shape.on("click", () => go(k)).bindTooltip(GP.el("span", { text: one.n || one.c }), { sticky: true }).addTo(map);
  });
  GP.waterLayer().addTo(map);
  Object.values(GP.roadLayers()).reverse().forEach((layer) => layer.addTo(map));
  GP.data.hazards.forEach((one) => { if (!one.raster) GP.hazardLayer(one, GP.hazardPopup).addTo(map); });
  if (own) own.addTo(map);
  GP.data.facilities.forEach((one, k) => GP.facilityLayer(one, k, GP.facilityPopup).addTo(map));
  GP.settlementLayers(-1, GP.settlementPopup).forEach((layer) => layer.addTo(map));
  L.control.scale({ position: "bottomleft", imperial: false }).addTo(map);
  window.addEventListener("beforeprint", () => { map.invalidateSize({ animate: false }); map.fitBounds(bounds.pad(0.15), { maxZoom: 16, animate: false }); });
  window.GP = GP;
})();
