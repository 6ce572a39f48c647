/* Online base maps: offered only when the plan lists them, never loaded before they are chosen. */
GP.addBasemaps = function (map) {
  const chosen = GP.data.basemaps || [];
  if (!chosen.length) return;
  const layers = { [GP.t("离线底图", "offline background")]: L.layerGroup().addTo(map) };
  chosen.forEach((one) => {
    const tiles = L.layerGroup(one.urls.map((url) => L.tileLayer(url, { attribution: one.attribution, subdomains: one.subdomains, maxZoom: 18 })));
    layers[GP.both(one)] = tiles;
  });
  L.control.layers(layers, null, { position: "bottomleft" }).addTo(map);
};
