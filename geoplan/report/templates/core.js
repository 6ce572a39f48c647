/* Shared by the county map and the group pages: language, numbers, decoding, colours. Text enters the page by textContent only. */
const GP = { lang: "zh", data: null, style: null };
GP.t = (zh, en) => (GP.lang === "zh" ? zh : en);
GP.pick = (pair) => (GP.lang === "zh" ? pair[0] : pair[1]);
GP.both = (one) => (GP.lang === "zh" ? one.zh : one.en);

GP.el = function (tag, options, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(options || {})) {
    if (key === "text") node.textContent = value;
    else if (key === "on") for (const [name, listener] of Object.entries(value)) node.addEventListener(name, listener);
    else if (key === "style") Object.assign(node.style, value);
    else if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  for (const child of children) if (child) node.append(child);
  return node;
};

/* Flat differences in 1e-5 degrees -> [[lat, lon], ...]. */
GP.path = function (flat) {
  const out = [];
  let x = 0, y = 0;
  for (let i = 0; i < flat.length; i += 2) {
    x += flat[i]; y += flat[i + 1];
    out.push([y / 1e5, x / 1e5]);
  }
  return out;
};
GP.area = (parts) => parts.map((rings) => rings.map(GP.path));
GP.point = (pair) => [pair[1] / 1e5, pair[0] / 1e5];

GP.count = (value) => (value === null || value === undefined ? "–" : Math.round(value).toLocaleString("en-US"));
GP.number = function (value, unit) {
  if (value === null || value === undefined) return "–";
  const label = GP.pick(GP.style.units[unit] || [unit, unit]);
  if (unit === "share") return (value * 100).toLocaleString("en-US", { maximumFractionDigits: 6 }) + "%";
  const least = unit === "min" ? 1 : 0;
  const text = value.toLocaleString("en-US", { minimumFractionDigits: least, maximumFractionDigits: 9 });
  return label ? text + " " + label : text;
};
GP.limit = (item) => (item.least ? "≥ " : "≤ ") + GP.number(item.t, item.unit);
GP.stateName = (digit) => GP.pick(GP.style.stateLabels[GP.style.states[digit]] || GP.style.stateLabels.empty);

/* Count items not met, and items not known, of a digit string. */
GP.tally = function (states) {
  let unmet = 0, unknown = 0, any = false;
  for (const digit of states) {
    if (digit !== ".") any = true;
    if (digit === "1" || digit === "2") unmet += 1;
    else if (digit === "3") unknown += 1;
  }
  return { unmet, unknown, any };
};
GP.countColour = function (unmet) {
  const steps = GP.style.countSteps;
  for (let k = 0; k < steps.length; k += 1) if (steps[k][1] === null || unmet <= steps[k][1]) return GP.style.countColours[k];
  return GP.style.countColours[steps.length - 1];
};
/* Fill of a digit string for the chosen item (-1: number of items not met). */
GP.fill = function (states, item) {
  const colours = GP.style.stateColours;
  if (item >= 0) {
    const digit = states[item];
    if (digit === undefined || digit === ".") return colours.empty;
    return digit === "3" ? "url(#gp-hatch)" : colours[GP.style.states[digit]];
  }
  const { unmet, unknown, any } = GP.tally(states);
  if (!any) return colours.empty;
  if (unmet > 0) return GP.countColour(unmet);
  return unknown > 0 ? "url(#gp-hatch)" : colours.covered;
};

GP.svg = function (tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
/* White under grey lines: unknown never looks like a plain fill. */
GP.addHatch = function () {
  const pattern = GP.svg("pattern", { id: "gp-hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    GP.svg("rect", { width: 6, height: 6, fill: "#ffffff" }), GP.svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, stroke: "#6f6f6f", "stroke-width": 2.2 }));
  document.body.append(GP.svg("svg", { width: 0, height: 0, style: "position:absolute", "aria-hidden": "true" }, GP.svg("defs", {}, pattern)));
};
GP.chip = function (fill, options) {
  const o = options || {};
  const shape = o.shape === "dot"
    ? GP.svg("circle", { cx: 9, cy: 7, r: o.r || 5, fill, stroke: o.stroke || "#333", "stroke-width": 1, "stroke-dasharray": o.dash || "none" })
    : o.shape === "line"
      ? GP.svg("line", { x1: 0, y1: 7, x2: 18, y2: 7, stroke: fill, "stroke-width": o.width || 2, "stroke-dasharray": o.dash || "none" })
      : o.shape === "square"
        ? GP.svg("rect", { x: 4, y: 2, width: 10, height: 10, fill, stroke: "#fff", "stroke-width": 1 })
        : o.shape === "triangle"
          ? GP.svg("path", { d: "M9 1 L15 12 L3 12 Z", fill, stroke: "#fff", "stroke-width": 1 })
        : o.shape === "diamond"
          ? GP.svg("path", { d: "M9 1 L16 7 L9 13 L2 7 Z", fill, stroke: "#fff", "stroke-width": 1 })
          : GP.svg("rect", { x: 0.5, y: 0.5, width: 17, height: 13, fill, stroke: "#555", "stroke-width": 0.8 });
  return GP.svg("svg", { width: 18, height: 14, class: "gp-chip", "aria-hidden": "true" }, shape);
};

/* Ten services and more need a second shape beside the colours. */
GP.facilityLook = function (k) {
  const colours = GP.style.facilityColours;
  return { colour: colours[k % colours.length], shape: k < colours.length ? "square" : "triangle" };
};

/* Smallest and largest known value of an item over settlements, as text. */
GP.range = function (indices, k, item) {
  const known = indices.map((i) => GP.data.settlements.v[i][k]).filter((one) => one !== null);
  if (!known.length) return "–";
  const low = Math.min(...known), high = Math.max(...known);
  if (low === high) return GP.number(low, item.unit);
  return GP.number(low, item.unit).replace(/ \D+$/, "") + "–" + GP.number(high, item.unit);
};
GP.members = function () {
  if (!GP.membersOf) {
    GP.membersOf = GP.data.units.map(() => []);
    GP.data.settlements.u.forEach((u, i) => { if (u >= 0) GP.membersOf[u].push(i); });
  }
  return GP.membersOf;
};
