/* Say in words what a place has and lacks. Names are set as text, never as markup. */
/* A unit can fall short with less than half a person (4% of the households of a hamlet of eight): it says so instead of "all covered". */
GP.peopleLine = function (counts, digit, uncounted) {
  const few = uncounted ? GP.t(" 人数不详", " (people not known)") : GP.t(" 不足 1 人", " (less than 1)");
  return counts.map((n, k) => (n > 0 ? GP.stateName(k) + " " + GP.count(n) + GP.t(" 人", "") : String(k) === digit && k > 0 ? GP.stateName(k) + few : "")).filter(Boolean).join(" · ");
};
/* Order of the items in a popup: what cannot be reached, what is short, what is not known, what is met. */
GP.worstFirst = function (states) {
  const order = { 2: 0, 1: 1, 3: 2, 0: 3 };
  const place = (k) => (order[states[k]] === undefined ? 4 : order[states[k]]);
  return GP.data.items.map((_, k) => k).sort((a, b) => place(a) - place(b) || a - b);
};
GP.itemRow = function (item, digit, value, people) {
  const known = GP.style.states[digit];
  const chip = GP.chip(digit === "3" ? "url(#gp-hatch)" : GP.style.stateColours[known || "empty"]);
  const evidence = GP.pick(GP.style.evidence[item.status]);
  return GP.el("tr", { "data-item": item.id, "data-state": known || "empty" },
    GP.el("td", { class: "gp-state" }, chip, GP.el("span", { text: GP.stateName(digit) })),
    GP.el("td", {}, GP.el("div", { class: "gp-item", text: GP.both(item) }), people ? GP.el("div", { class: "gp-people", text: people }) : null,
      GP.el("div", { class: "gp-source", text: item.source + (item.clause ? " " + item.clause : "") + " · " + evidence })),
    GP.el("td", { class: "gp-value" }, GP.el("div", { text: value }), GP.el("div", { class: "gp-limit", text: GP.limit(item) })));
};
GP.facts = function (pairs) {
  const list = GP.el("dl", { class: "gp-facts" });
  pairs.filter(Boolean).forEach(([name, value]) => list.append(GP.el("dt", { text: name }), GP.el("dd", { text: value })));
  return list;
};
GP.itemTable = (rows) => GP.el("table", { class: "gp-items" }, GP.el("thead", {}, GP.el("tr", {},
  GP.el("th", { text: GP.t("状态", "State") }), GP.el("th", { text: GP.t("标准项", "Standard") }), GP.el("th", { text: GP.t("现状 / 要求", "Value / limit") }))),
  GP.el("tbody", {}, ...rows));

GP.classCounts = function (indices) {
  const s = GP.data.settlements, n = [0, 0, 0, 0];
  indices.forEach((i) => { n[s.c[i]] += 1; });
  return n.map((count, k) => (count ? GP.pick(GP.style.classLabels[k]) + " " + count : "")).filter(Boolean).join(" · ") || "–";
};
GP.unitPopup = function (index, base) {
  const unit = GP.data.units[index], inside = GP.members()[index], { unmet, unknown } = GP.tally(unit.s);
  const persons = GP.count(unit.p) + (unit.q ? GP.t("(另有 " + unit.q + " 个居民点人口未知)", " (people of " + unit.q + " settlements not known)") : "");
  const rows = GP.worstFirst(unit.s).map((k) => GP.itemRow(GP.data.items[k], unit.s[k], GP.range(inside, k, GP.data.items[k]), GP.peopleLine(unit.k.slice(4 * k, 4 * k + 4), unit.s[k], unit.q)));
  return GP.el("div", { class: "gp-popup" }, GP.el("h3", { text: unit.n || unit.c }), GP.el("div", { class: "gp-code", text: unit.c }),
    GP.facts([[GP.t("人口", "People"), persons], [GP.t("居民点", "Settlements"), GP.count(unit.m)], [GP.t("未达标项", "Items not met"), unmet + " / " + GP.data.items.length],
      [GP.t("未知项", "Items unknown"), String(unknown)], [GP.t("搬迁判定", "Relocation"), GP.classCounts(inside)]]),
    unit.h && base !== null ? GP.el("a", { class: "gp-open", href: (base || "") + unit.h, target: "_blank", rel: "noopener", text: GP.t("打开本组专页 →", "Open this unit's page →") }) : null,
    GP.itemTable(rows));
};
GP.hazardText = function (i) {
  const s = GP.data.settlements;
  const part = s.hs[i] !== "ok" ? GP.t("部分灾种未调查", "some hazards not surveyed") : "";
  if (!s.hk[i]) return GP.t("未知", "unknown");
  const worst = GP.pick(GP.style.hazardKinds[s.hk[i]] || [s.hk[i], s.hk[i]]) + " · " + GP.pick(GP.style.hazardLabels[s.hc[i]] || ["–", "–"]);
  return s.hc[i] === "none" ? (part ? part : GP.t("不在已知隐患区内", "outside every mapped zone")) : worst + (part ? "(" + part + ")" : "");
};
GP.settlementPopup = function (i) {
  const s = GP.data.settlements, label = GP.style.classLabels[s.c[i]];
  const score = s.sc[i] === null ? "–" : s.sc[i].toFixed(2) + (s.lo[i] !== null && s.hi[i] !== null ? " (" + s.lo[i].toFixed(2) + "–" + s.hi[i].toFixed(2) + ")" : "");
  const rows = GP.worstFirst(s.s[i]).map((k) => GP.itemRow(GP.data.items[k], s.s[i][k], GP.number(s.v[i][k], GP.data.items[k].unit), ""));
  return GP.el("div", { class: "gp-popup" }, GP.el("h3", { text: s.n[i] || s.id[i] }), GP.el("div", { class: "gp-code", text: s.id[i] }),
    GP.facts([[GP.t("人口 / 户数", "People / households"), (s.p[i] === null ? GP.t("未知", "unknown") : GP.count(s.p[i])) + " / " + GP.count(s.h[i])],
      [GP.t("搬迁判定", "Relocation"), GP.pick(label)], [GP.t("综合得分", "Score"), score],
      [GP.t("证据充分度", "Evidence"), s.ev[i] === null ? "–" : Math.round(s.ev[i] * 100) + "%"], [GP.t("地灾", "Hazard"), GP.hazardText(i)]]),
    GP.el("p", { class: "gp-reason", text: GP.t(s.rz[i], s.re[i]) }), GP.itemTable(rows));
};
GP.hazardPopup = (entry, one) => GP.el("div", { class: "gp-popup" }, GP.el("h3", { text: one.n || one.i || "–" }), GP.el("div", { class: "gp-code", text: one.i }),
  GP.facts([[GP.t("灾种", "Kind"), GP.pick(GP.style.hazardKinds[entry.kind])], [GP.t("危险等级", "Class"), GP.pick(GP.style.hazardLabels[one.c] || GP.style.hazardLabels[""])],
    one.r !== null ? [GP.t("威胁半径 / 避让", "Radius / setback"), GP.number(one.r, "m")] : null]));
GP.facilityPopup = (service, one) => GP.el("div", { class: "gp-popup" }, GP.el("h3", { text: one.n || one.i }), GP.el("div", { class: "gp-code", text: one.i }),
  GP.facts([[GP.t("服务", "Service"), GP.both(service)], [GP.t("级别", "Level"), one.l || "–"], [GP.t("容量", "Capacity"), GP.count(one.c)],
    [GP.t("接入路网", "On network"), one.st === "ok" ? GP.t("是", "yes") + (one.o === null ? "" : " (" + GP.number(one.o, "m") + ")") : one.st || "–"]]));
GP.sitePopup = (one) => GP.el("div", { class: "gp-popup" }, GP.el("h3", { text: one.n || one.i }), GP.el("div", { class: "gp-code", text: one.i + (one.r ? " · " + GP.t("第 " + one.r + " 位", "rank " + one.r) : "") }),
  GP.facts([[GP.t("类型", "Kind"), one.k === "patch" ? GP.t("候选地块", "candidate patch") : one.k || "–"], [GP.t("适宜度", "Suitability"), one.s === null ? "–" : one.s.toFixed(2)],
    [GP.t("面积", "Area"), one.a === null ? "–" : (one.a / 1e4).toFixed(1) + GP.t(" 公顷", " ha")], [GP.t("平均坡度", "Mean slope"), one.sl === null ? "–" : one.sl.toFixed(1) + "°"],
    [GP.t("可容纳", "Capacity"), GP.count(one.ch) + GP.t(" 户 · ", " households · ") + GP.count(one.cp) + GP.t(" 人", " people")], [GP.t("容量依据", "Basis"), GP.t(one.bz, one.be) || "–"],
    [GP.t("距全天候道路", "To all-weather road"), GP.number(one.ro, "m")], [GP.t("到政府驻地", "To seat"), GP.number(one.se, "min")],
    [GP.t("到学校", "To school"), GP.number(one.sc, "min")], [GP.t("到医疗点", "To clinic"), GP.number(one.cl, "min")]]));
