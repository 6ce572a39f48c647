GP.data = window.GEOPLAN.data;
GP.style = window.GEOPLAN.style;
GP.lang = document.body.dataset.lang;
GP.addHatch();
GP.drawPage(Number(document.body.dataset.unit), window.GEOPLAN_ROUTES, window.GEOPLAN.background, (k) => {
  const page = GP.data.units[k].h;
  if (page) window.location.href = page.replace(/^groups\//, "");
});
window.GP = GP;
