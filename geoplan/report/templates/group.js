/* The map of one unit: its shape, its neighbours, roads, water, hazards, facilities and settlements. */
GP.drawPage = function (index, routes, background, go) {
  const unit = GP.data.units[index], inside = GP.members()[index];
  const own = unit.g.length ? L.polygon(GP.area(unit.g), { pane: "gp-focus", color: "#111", weight: 3, fill: false, interactive: false }) : null;
  const dots = inside.map((i) => GP.data.settlements.g[i]).filter(Boolean).map(GP.point);
  const bounds = own ? own.getBounds() : dots.length ? L.latLngBounds(dots) : L.latLngBounds([[GP.data.bounds[1], GP.data.bounds[0]], [GP.data.bounds[3], GP.data.bounds[2]]]);
  /* The legend sets the height of the row, and with it that of the map: it has to be there before the map is laid out. */
  const legend = document.getElementById("legend"), around = bounds.pad(1);
  const add = (chip, text) => legend.append(GP.el("span", {}, chip, GP.el("b", { text })));
  GP.style.classes.forEach((name, k) => add(GP.chip(GP.style.classColours[name], { shape: "dot", dash: k === 3 ? "2 2" : null, stroke: "#444" }), GP.pick(GP.style.classLabels[k])));
  GP.data.facilities.forEach((one, k) => { if (one.points.some((place) => around.contains(GP.point(place.g)))) add(GP.chip(GP.facilityLook(k).colour, GP.facilityLook(k)), GP.both(one)); });
  new Set(GP.data.hazards.map((one) => one.kind)).forEach((kind) => add(GP.chip(GP.style.hazards.high, { shape: "line", dash: "4 2", width: 2.5 }), GP.pick(GP.style.hazardKinds[kind])));
  if (GP.data.water.walls.length) add(GP.chip(GP.style.wall, { shape: "line", dash: "1 3", width: 2 }), GP.t("陡崖、围栏", "cliffs, fences"));
  const map = L.map("map", { zoomSnap: 0.25, zoomControl: true });
  map.attributionControl.setPrefix(false);
  GP.panes(map);
  const shade = background;
  if (shade) L.imageOverlay(shade.uri, [[shade.bounds[1], shade.bounds[0]], [shade.bounds[3], shade.bounds[2]]], { pane: "tilePane", interactive: false }).addTo(map);
  map.fitBounds(bounds.pad(0.15), { maxZoom: 16, animate: false });
  const near = map.getBounds().pad(1);
  GP.data.units.forEach((one, k) => {
    if (!one.g.length) return;
    const shape = L.polygon(GP.area(one.g), { pane: "gp-areas", color: "#5b5b5b", weight: 0.8, fillColor: GP.fill(one.s, -1), fillOpacity: k === index ? 0.75 : 0.3, smoothFactor: 0 });
    if (!near.intersects(shape.getBounds())) return;
    shape.on("click", () => { if (k !== index) go(k); }).bindTooltip(GP.el("span", { text: one.n || one.c }), { sticky: true }).addTo(map);
  });
  GP.waterLayer().addTo(map);
  GP.wallLayer().addTo(map);
  Object.values(GP.roadLayers()).reverse().forEach((layer) => layer.addTo(map));
  GP.data.hazards.forEach((one) => { if (!one.raster) GP.hazardLayer(one, GP.hazardPopup).addTo(map); });
  if (own) own.addTo(map);
  GP.data.facilities.forEach((one, k) => GP.facilityLayer(one, k, GP.facilityPopup).addTo(map));
  GP.settlementLayers(-1, GP.settlementPopup).forEach((layer) => layer.addTo(map));
  /* Ways of the unit's settlements to one service at a time; the popup of a settlement brings its own to the fore. */
  const choice = document.getElementById("gp-way");
  const drawn = new Map(), shown = L.featureGroup().addTo(map);
  const showWays = function (service) {
    shown.clearLayers(); drawn.clear();
    const key = document.getElementById("gp-way-key"), looks = new Set();
    key.replaceChildren();
    if (service < 0) return;
    const colour = GP.facilityLook(routes.services[service].k).colour, s = GP.data.settlements;
    routes.ways.forEach(([i, k, way]) => {
      if (k !== service) return;
      const layer = GP.routeLayer(way, colour, GP.routeText(s.n[i] || s.id[i], way)).addTo(shown);
      drawn.set(i, layer);
      way[3].forEach(([look]) => looks.add(look));
    });
    GP.routeChips(colour, [...looks].sort()).forEach(([chip, text]) => key.append(GP.el("span", {}, chip, GP.el("b", { style: { fontWeight: 400 }, text }))));
  };
  const frame = () => {
    const ways = shown.getLayers().length ? shown.getBounds() : null;
    map.fitBounds(ways && ways.isValid() ? L.latLngBounds(bounds.pad(0.05)).extend(ways.pad(0.04)) : bounds.pad(0.15), { maxZoom: 16, animate: false });
  };
  if (routes) {
    GP.routePanes(map);
    document.getElementById("gp-way-season").textContent = GP.seasonName(routes.season);
    routes.services.forEach((one, k) => choice.append(GP.el("option", { value: k, text: GP.both(one) })));
    choice.append(GP.el("option", { value: -1, text: GP.t("不显示路线", "no ways") }));
    choice.addEventListener("change", () => { showWays(Number(choice.value)); frame(); });
    showWays(0);
    frame();
    GP.settlementDots.forEach((dot, i) => {
      if (!dot) return;
      dot.on("popupopen", () => drawn.has(i) && drawn.forEach((layer, j) => layer.setStrong(j === i)));
      dot.on("popupclose", () => drawn.forEach((layer) => layer.setStrong(true)));
    });
  }
  L.control.scale({ position: "bottomleft", imperial: false }).addTo(map);
  const refit = () => { map.invalidateSize({ animate: false }); frame(); };
  window.addEventListener("beforeprint", refit);
  /* What closes the page takes its map and its listener with it. */
  return () => { window.removeEventListener("beforeprint", refit); map.remove(); };
};
