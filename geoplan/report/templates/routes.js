/* Draw ways: dashed on foot, solid by vehicle, dotted by ferry or bus, in the colour of the facilities they lead to, on a white casing. */
GP.routeLooks = [{ weight: 3, dashArray: "5 5", lineCap: "butt" }, { weight: 3.6 }, { weight: 3, dashArray: "1 6" }];
GP.routeWords = () => [GP.t("步行", "on foot"), GP.t("乘车", "by vehicle"), GP.t("渡船或班车", "by ferry or bus")];
GP.routePanes = function (map) {
  [["gp-casing", 446], ["gp-routes", 447]].forEach(([name, z]) => { if (!map.getPane(name)) map.createPane(name).style.zIndex = z; });
};
GP.seasonName = (season) => (season === "wet" ? GP.t("雨季", "wet season") : season === "dry" ? GP.t("旱季", "dry season") : season);
GP.routeText = (name, way) => name + " → " + way[2] + " · " + GP.number(way[0], "min") + GP.t(",其中步行 ", ", on foot ") + GP.number(way[1], "min");
/* One way as a layer: casing beneath, stretches above; `setStrong` fades or strengthens it. */
GP.routeLayer = function (way, colour, text) {
  const group = L.featureGroup(), casings = [], lines = [];
  way[3].forEach(([look, flat]) => {
    const path = GP.path(flat), style = GP.routeLooks[look];
    casings.push(L.polyline(path, { pane: "gp-casing", color: "#fff", weight: style.weight + 2.6, opacity: 0.9, interactive: false, smoothFactor: 0.5 }).addTo(group));
    lines.push(L.polyline(path, Object.assign({ pane: "gp-routes", color: colour, opacity: 1, smoothFactor: 0.5 }, style)).addTo(group));
  });
  lines.forEach((line) => line.bindTooltip(GP.el("span", { text }), { sticky: true }));
  group.setStrong = (strong) => { casings.forEach((one) => one.setStyle({ opacity: strong ? 0.9 : 0.15 })); lines.forEach((one) => one.setStyle({ opacity: strong ? 1 : 0.2 })); };
  return group;
};
GP.routeChips = function (colour, looks) {
  const words = GP.routeWords();
  return looks.map((k) => [GP.chip(colour, { shape: "line", width: GP.routeLooks[k].weight, dash: GP.routeLooks[k].dashArray || null }), words[k]]);
};
