GP.data = JSON.parse(document.getElementById("gp-data").textContent);
GP.style = JSON.parse(document.getElementById("gp-style").textContent);
GP.lang = GP.data.language;
GP.addHatch();
map.attributionControl.setPrefix(false);
L.control.zoom({ position: "topleft" }).addTo(map);
L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 }).addTo(map);
const [west, south, east, north] = GP.data.bounds;
map.fitBounds([[south, west], [north, east]], { padding: [14, 14], animate: false });
GP.county(map, { base: "" });
GP.addBasemaps(map);
if (GP.data.focus) {
  const at = GP.data.units.findIndex((unit) => unit.c === GP.data.focus);
  if (at >= 0) GP.go({ unit: at });
}
window.GP = GP;
