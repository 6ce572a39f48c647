/* One way or several, from home to the facility. */
GP.data = JSON.parse(document.getElementById("gp-data").textContent);
GP.style = JSON.parse(document.getElementById("gp-style").textContent);
GP.lang = lang;
map.attributionControl.setPrefix(false);
L.control.zoom({ position: "topleft" }).addTo(map);
L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 }).addTo(map);
GP.panes(map);
GP.routePanes(map);
GP.waterLayer().addTo(map);
GP.wallLayer().addTo(map);
Object.values(GP.roadLayers()).reverse().forEach((layer) => layer.addTo(map));
const look = GP.facilityLook(GP.data.service.k), looks = new Set(), key = document.getElementById("gp-key");
GP.data.ways.forEach((way, n) => { GP.routeLayer(way, look.colour, GP.routeText(GP.data.names[n], way)).addTo(map); way[3].forEach(([one]) => looks.add(one)); });
GP.data.homes.forEach(([name, place]) => {
  if (!place) return;
  L.circleMarker(GP.point(place), { pane: "gp-points", radius: 6, color: "#1b1b1b", weight: 1.2, fillColor: "#fff", fillOpacity: 1 })
    .bindTooltip(GP.el("span", { class: "gp-home", text: name }), { permanent: GP.data.homes.length < 3, direction: "top", offset: [0, -4] }).addTo(map);
});
GP.data.targets.forEach((place) => { if (place) L.marker(GP.point(place), { icon: GP.badge(look.shape, look.colour), pane: "gp-points", keyboard: false }).addTo(map); });
const add = (chip, text) => key.append(GP.el("span", {}, chip, GP.el("b", { style: { fontWeight: 400 }, text })));
add(GP.chip("#fff", { shape: "dot", stroke: "#1b1b1b" }), GP.t("自然村", "settlement"));
add(GP.chip(look.colour, look), GP.both(GP.data.service));
GP.routeChips(look.colour, [...looks].sort()).forEach(([chip, text]) => add(chip, text));
Object.keys(GP.data.roads).forEach((name) => { const [colour, width] = GP.style.roads[name]; add(GP.chip(colour, { shape: "line", width, dash: { path: "2 3", track: "5 3", ferry: "1 4" }[name] || null }), GP.pick(GP.style.roadLabels[name])); });
if (GP.data.water.lines.length + GP.data.water.areas.length) add(GP.chip(GP.style.river, { shape: "line" }), GP.t("河流水面", "water"));
if (GP.data.water.walls.length) add(GP.chip(GP.style.wall, { shape: "line", dash: "1 3", width: 2 }), GP.t("陡崖、围栏", "cliffs, fences"));
window.GP = GP;
