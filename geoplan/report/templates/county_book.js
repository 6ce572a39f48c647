/* The county in one file: overview, index with search, and a page per village group, unfolded when it is asked for. */
const book = {
  units: JSON.parse(document.getElementById("gp-units").textContent),
  loose: new Map(), close: null, ready: null, at: -1, ask: 0,
};
GP.lang = document.body.dataset.lang;
const at = (id) => document.getElementById(id);
const head = { where: at("gp-where").textContent, title: at("gp-title").textContent, code: at("gp-code").textContent };

/* What is packed is gzip in base64. */
const unfold = async function (text) {
  const bytes = Uint8Array.from(atob(text.trim()), (one) => one.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
};
const openCounty = function () {
  if (!book.ready) {
    book.ready = unfold(at("gp-county").textContent).then((text) => {
      const told = JSON.parse(text);
      GP.data = told.data; GP.style = told.style; book.background = told.background;
      GP.addHatch();
    });
  }
  return book.ready;
};
const openChunk = function (code) {
  if (!book.loose.has(code)) {
    const found = [...document.querySelectorAll(".gp-chunk")].find((one) => one.dataset.code === code);
    book.loose.set(code, unfold(found.textContent).then(JSON.parse));
  }
  return book.loose.get(code);
};

const show = function (view) {
  ["overview", "index", "page"].forEach((one) => { at(one + "-view").hidden = one !== view; });
  at("gp-before").hidden = at("gp-after").hidden = view !== "page";
  if (view !== "page") {
    if (book.close) { book.close(); book.close = null; }
    at("page-view").replaceChildren();
    book.at = -1;
    at("gp-where").textContent = ""; at("gp-title").textContent = head.title; at("gp-code").textContent = head.code;
    document.title = head.title;
  }
};

const showPage = async function (k) {
  const ask = ++book.ask, unit = book.units[k];
  const [, pages] = await Promise.all([openCounty(), openChunk(unit.t)]);
  if (ask !== book.ask) return;
  show("page");
  if (book.close) { book.close(); book.close = null; }
  book.at = k;
  const page = pages[unit.c];
  /* Written by geoplan with every text from data escaped: the same HTML as the page of this group in the folder. */
  at("page-view").innerHTML = page[0];
  at("gp-where").textContent = [head.where, unit.tn, unit.v].filter(Boolean).join(" › ");
  at("gp-title").textContent = unit.n;
  at("gp-code").textContent = unit.c + " · " + head.code;
  document.title = unit.n + " · " + head.title;
  at("gp-before").href = "#g=" + encodeURIComponent(book.units[(k + book.units.length - 1) % book.units.length].c);
  at("gp-after").href = "#g=" + encodeURIComponent(book.units[(k + 1) % book.units.length].c);
  book.close = GP.drawPage(k, page[1], book.background, (other) => { location.hash = "#g=" + encodeURIComponent(GP.data.units[other].c); });
  window.scrollTo(0, 0);
};

const words = (unit) => [unit.n, unit.c, unit.v, unit.tn].join(" ").toLowerCase();
const listUnits = function (chosen, text) {
  const view = at("index-view"), blocks = new Map();
  const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  book.units.forEach((unit) => {
    const told = words(unit);
    if ((chosen !== null && unit.t !== chosen) || !wanted.every((one) => told.includes(one))) return;
    if (!blocks.has(unit.t)) blocks.set(unit.t, []);
    blocks.get(unit.t).push(unit);
    shown += 1;
  });
  view.replaceChildren(GP.el("p", { class: "gp-note", id: "gp-shown", text: GP.t("共 " + shown + " 个", shown + " shown") }));
  blocks.forEach((units) => {
    const body = GP.el("tbody");
    units.forEach((unit) => body.append(GP.el("tr", {},
      GP.el("td", {}, GP.el("a", { href: "#g=" + encodeURIComponent(unit.c), text: unit.n })),
      GP.el("td", { class: "gp-code", text: unit.c }), GP.el("td", { text: unit.v }), GP.el("td", { class: "gp-num", text: unit.p }),
      GP.el("td", { class: "gp-num" }, GP.el("span", { class: "gp-pill " + unit.k, text: unit.u })), GP.el("td", { class: "gp-num", text: unit.q }))));
    const heads = [["名称", "Name"], ["代码", "Code"], ["行政村", "Village"], ["人口", "People"], ["未达标项", "Not met"], ["未知项", "Unknown"]];
    view.append(GP.el("section", { class: "gp-township-block" }, GP.el("h2", { text: units[0].tn || GP.t("未分乡镇", "no township") }, GP.el("small", { text: " " + units.length })),
      GP.el("table", { class: "gp-table gp-index" }, GP.el("thead", {}, GP.el("tr", {}, ...heads.map((one) => GP.el("th", { text: GP.pick(one) })))), body)));
  });
};

const route = function () {
  const hash = location.hash.slice(1), value = decodeURIComponent(hash.slice(2));
  if (hash.startsWith("g=")) {
    const k = book.units.findIndex((unit) => unit.c === value);
    if (k >= 0) {
      if (typeof DecompressionStream === "undefined") { at("gp-old").hidden = false; return; }
      showPage(k);
      return;
    }
  }
  book.ask += 1;
  if (hash === "index" || hash.startsWith("t=")) {
    show("index");
    listUnits(hash.startsWith("t=") ? value : null, at("filter").value);
    return;
  }
  show("overview");
};
at("filter").addEventListener("input", function () {
  if (!at("index-view").hidden && !location.hash.startsWith("#t=")) listUnits(null, at("filter").value);
  else if (location.hash !== "#index") location.hash = "#index";
});
at("gp-print").addEventListener("click", function (event) { event.preventDefault(); window.print(); });
window.addEventListener("hashchange", route);
route();
window.GP = GP;
