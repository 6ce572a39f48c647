/* The panel beside the map: one section per theme, whose numbers are those of the tables. */
GP.table = function (id, heads, rows, foot) {
  const cell = (tag, value, k) => GP.el(tag, k ? { class: "gp-num" } : {}, typeof value === "string" ? GP.el("span", { text: value }) : value);
  const row = (tag, cells, name) => GP.el("tr", { class: name || null }, ...cells.map((value, k) => cell(tag, value, k)));
  return GP.el("table", { id, class: "gp-figures" }, heads ? GP.el("thead", {}, row("th", heads)) : null, GP.el("tbody", {}, ...rows.map((cells) => row("td", cells)), foot ? row("td", foot, "gp-sum") : null));
};
GP.part = (title, ...nodes) => GP.el("section", { class: "gp-figure-box" }, GP.el("h2", { text: title }), ...nodes);
GP.note = (text) => (text ? GP.el("p", { class: "gp-note", text }) : null);
GP.nothing = (zh, en) => GP.el("p", { class: "gp-note gp-nothing", text: GP.t(zh, en) });
GP.withChip = (chip, text) => GP.el("span", { class: "gp-row-name" }, chip, GP.el("span", { text }));
/* Money in tables; English columns are narrow. */
GP.wan = function (value) {
  if (value === null || value === undefined) return GP.unknown();
  if (GP.lang === "zh" || value < 1000) return GP.yuan(value);
  const [scale, name] = value >= 1e6 ? [1e6, " M"] : [1e3, " k"];
  return (value / scale).toLocaleString("en-US", { maximumFractionDigits: value / scale < 100 ? 1 : 0 }) + name;
};
GP.platformPart = function () {
  const rows = GP.data.platforms, sum = (key) => rows.reduce((all, one) => all + (one[key] || 0), 0);
  if (!rows.length) return GP.part(GP.t("各资金渠道投资(台账)", "Money by platform (ledger)"), GP.nothing("台账中没有缺口。", "The ledger has no gaps."));
  const name = (one) => (one.k ? GP.pick(GP.words.platforms[one.k] || [one.k, one.k]) : GP.t("未定渠道", "no platform"));
  const open = sum("no") + sum("far");
  return GP.part(GP.t("各资金渠道投资(台账)", "Money by platform (ledger)"),
    GP.table("gp-platforms", [GP.t("渠道", "platform"), GP.t("缺口", "gaps"), GP.t("一次性", "once, yuan"), GP.t("每年", "yearly"), GP.t("无价", "no price")],
      rows.map((one) => [name(one), GP.count(one.n), one.ok ? GP.wan(one.y) : "–", one.ok ? GP.wan(one.yy) : "–", GP.count(one.no + one.far)]), [GP.t("合计", "Total"), GP.count(sum("n")), GP.wan(sum("y")), GP.wan(sum("yy")), GP.count(open)]),
    GP.note(GP.t("合计只含有单价的缺口;", "Totals hold priced gaps only; ") + (sum("shared") ? GP.t("另有 " + GP.count(sum("shared")) + " 个缺口随同项一并支付。", GP.count(sum("shared")) + " more are paid with another gap. ") : "") +
      (open ? GP.t(GP.count(open) + " 个缺口没有单价,不按 0 计。", GP.count(open) + " have no price and are not taken as 0.") : "")),
    rows.some((one) => one.e.includes("convention")) ? GP.note(GP.t("部分单价是惯例估算,须由县级结算价替换。", "Some prices are conventions, to be replaced by the county's own.")) : null);
};
/* Rank and its interval as a whisker over all ranks. */
GP.whisker = function (one, n) {
  const x = (rank) => 4 + ((rank - 1) / Math.max(1, n - 1)) * 82;
  if (one.k === null) return GP.el("span", { text: GP.unknown() });
  return GP.svg("svg", { width: 90, height: 12, "aria-hidden": "true", class: "gp-whisker" }, GP.svg("line", { x1: x(one.lo), x2: x(one.hi), y1: 6, y2: 6, stroke: "#7b8a91", "stroke-width": 2 }),
    GP.svg("circle", { cx: x(one.k), cy: 6, r: 3.6, fill: GP.rankColour(one.k, n), stroke: "#333", "stroke-width": 0.8 }));
};
GP.rankPart = function () {
  const ranking = GP.data.ranking, title = GP.t("乡镇排名(1 = 服务最好)", "Townships ranked (1 = best served)");
  if (!ranking) return GP.part(title, GP.nothing("没有计算排名。", "No ranking was computed."));
  return GP.part(title, GP.table("gp-ranks", [GP.t("乡镇", "township"), GP.t("名次", "rank"), GP.t("区间", "interval"), "", GP.t("得分", "score")],
    ranking.units.map((one) => [one.n || one.c, GP.known(one.k, String(one.k)), GP.known(one.lo, one.lo + "–" + one.hi), GP.whisker(one, ranking.units.length), GP.known(one.sc, one.sc === null ? "" : one.sc.toFixed(3))])),
    GP.note(GP.t("区间:" + GP.count(ranking.draws) + " 次抽样中 " + Math.round(100 * ranking.share) + "% 落在其中;区间重叠的乡镇不应分先后。", "Interval: holds " + Math.round(100 * ranking.share) + "% of " + GP.count(ranking.draws) + " draws; where intervals overlap the order means little.")));
};
GP.covers = (q) => q.model === "mclp" || q.model === "lscp";
GP.aim = (q, sites) => (GP.covers(q) ? GP.t("新增覆盖 ", "gain ") + GP.people(sites.reduce((all, one) => all + (one.pg || 0), 0)) : GP.t("求", "for ") + GP.t(q.mzh, q.men));
/* People of some states, and those nobody knows beside them: where nothing is known there is no number to tell. */
GP.stateLine = function (states, keys, words) {
  const sum = (wanted) => states.filter((one) => wanted.includes(one.k)).reduce((all, one) => all + one.p, 0), lost = sum(["unknown"]), all = states.reduce((total, one) => total + one.n, 0);
  if (states.some((one) => one.k === "unknown" && one.n === all)) return GP.unknown() + GP.t("(" + GP.count(lost) + " 人)", " (" + GP.count(lost) + " people)");
  return words + GP.people(sum(keys)) + (lost > 0 ? GP.t(";未知 " + GP.count(lost) + " 人", "; unknown: " + GP.count(lost)) : "");
};
/* Groups whose road is not settled: of none of them is known whether it needs one. */
GP.openGroups = (p) => Object.values(p.open).reduce((all, n) => all + n, 0);
GP.roadLine = function () {
  const p = GP.data.programme;
  if (!p) return GP.t("未计算", "not computed");
  const open = GP.openGroups(p), left = open ? GP.t("未定 " + GP.count(open) + " 组", "not settled: " + GP.count(open) + " groups") : "";
  if (!p.n) return open === p.groups ? GP.unknown() + (left ? GP.t("(", " (") + left + GP.t(")", ")") : "") : [GP.t("不需新建", "none to build"), left].filter(Boolean).join(GP.t(";", "; "));
  return [GP.count(p.n) + GP.t(" 段 · ", " links · ") + GP.metres(p.m) + " · " + GP.money(p.y), left].filter(Boolean).join(GP.t(";", "; "));
};
GP.totalPart = function () {
  const d = GP.data, built = d.questions.map((q) => [q, q.sites.filter((one) => !one.ex)]), wrong = d.comparisons.map((c) => [c, c.sum.find((one) => one.k === "contradicts")]);
  const rows = [[GP.t("道路方案", "Roads"), GP.roadLine()],
    ...built.map(([q, sites]) => [GP.both(q), sites.length ? sites.length + GP.t(" 处 · ", " to build · ") + GP.aim(q, sites) : GP.t("不需新建", "none to build")]),
    d.served.length ? [GP.t("集中供水可及", "Scheme water"), GP.stateLine(d.served, ["gravity", "pump"], "")] : [GP.t("供水", "Water"), GP.t("未计算", "not computed")],
    ...d.networks.map((one) => { return [GP.both(one), one.states.length ? GP.stateLine(one.states, ["false"], GP.t("半径外 ", "beyond: ")) : GP.unknown()]; }),
    ...wrong.map(([c, one]) => [GP.both(c), one ? GP.t("矛盾 ", "contradict: ") + GP.count(one.n) + GP.t(" 条", "") : GP.t("无矛盾", "no contradiction")])];
  return GP.part(GP.t("方案总览", "At a glance"), GP.facts(rows), GP.note(GP.t("道路方案按多组合用一条路计费,台账按缺口计费,两者不可相加。", "The programme prices roads that groups share, the ledger prices gaps: the two must not be added.")));
};
GP.roadNote = function () {
  const kinds = Object.entries(GP.data.roadPrices), known = [...new Set(kinds.map(([, one]) => GP.evidence(one.e)))].join(GP.t("、", ", "));
  if (!kinds.length) return GP.price(null);
  return GP.t("平地单价(元/m):", "Prices on gentle ground (yuan/m): ") + kinds.map(([kind, one]) => GP.pick(GP.words.roads[kind]) + " " + GP.count(one.y)).join(GP.t("、", ", ")) + GP.t("(" + known + ");坡地另乘系数,来源点开路段看。", " (" + known + "); slopes cost more; click a link for the source.");
};
GP.roadPart = function () {
  const p = GP.data.programme, title = GP.t("道路建设方案", "Roads to build");
  if (!p) return GP.part(title, GP.nothing("没有计算道路方案。", "No road programme was computed."));
  const words = { no_data: ["缺数据", "data missing"], unreachable: ["无法连通", "cannot be joined"], unsnapped: ["位置不明", "place not known"] };
  const open = Object.entries(p.open).map(([key, n]) => GP.pick(words[key] || [key, key]) + " " + n).join(GP.t("、", ", "));
  if (!p.n && GP.openGroups(p) === p.groups) return GP.part(title, GP.nothing("没有一个村民小组可判,哪里要修路未知。", "Not one village group could be judged: where roads are needed is not known."), open ? GP.note(open) : null);
  return GP.part(title, GP.table("gp-roads", [GP.t("类型", "kind"), GP.t("段", "links"), GP.t("长度", "length"), GP.t("投资", "yuan")],
    p.kinds.map((one) => [GP.withChip(GP.roadChip(one.k), GP.pick(GP.words.roads[one.k] || [one.k, one.k])), GP.count(one.n), GP.metres(one.m), GP.wan(one.y)]), [GP.t("合计", "Total"), GP.count(p.n), GP.metres(p.m), GP.wan(p.y)]),
    GP.facts([[GP.t("求解", "Solution"), GP.pick(GP.words.methods[p.method] || [p.method, p.method]) + GP.t(",间隙 ", ", gap ") + GP.known(p.gap, p.gap === null ? "" : (100 * p.gap).toFixed(2) + "%")], [GP.t("费用下界", "Proven bound"), GP.money(p.bound)],
      [GP.t("各组单独修", "Each alone"), GP.money(p.alone)], [GP.t("已有达标路", "Have a road"), p.have === null ? GP.unknown() : GP.count(p.have) + " / " + GP.count(p.groups) + GP.t(" 组", " groups")],
      [GP.t("方案接通", "Joined by it"), GP.count(p.joined) + GP.t(" 组", " groups")], open ? [GP.t("未定", "Not settled"), open] : null]),
    GP.note(GP.roadNote()), GP.note(GP.t("线越宽,依靠它的人越多。", "The wider the line, the more people rely on it.")));
};
/* People covered against facilities built: best proven as dots, the order of building as a line. The axis does not begin at 0 and says so by its numbers. */
GP.curvePlot = function (question) {
  const c = question.curve, w = 316, h = 118, left = 50, right = 10, top = 12, bottom = 20, all = [...c.c, ...c.o].filter((one) => one !== null);
  const low = Math.min(...all), high = Math.max(...all), span = high - low || 1, most = Math.max(...c.n) || 1, colour = GP.questionColour(question.k);
  const x = (n) => left + (n / most) * (w - left - right), y = (v) => h - bottom - ((v - low) / span) * (h - top - bottom), text = (at, up, words, anchor) => { const node = GP.svg("text", { x: at, y: up, "font-size": 10, fill: "#55646b", "text-anchor": anchor }); node.textContent = words; return node; };
  const path = (values) => values.map((v, k) => [v, k]).filter(([v]) => v !== null).map(([v, k], n) => (n ? "L" : "M") + x(c.n[k]).toFixed(1) + " " + y(v).toFixed(1)).join("");
  return GP.svg("svg", { viewBox: "0 0 " + w + " " + h, class: "gp-curve", role: "img", "aria-label": GP.t("覆盖人口随新建数的变化", "people covered against facilities built") },
    GP.svg("line", { x1: left, x2: left, y1: top - 4, y2: h - bottom, stroke: "#9aa7ad" }), GP.svg("line", { x1: left, x2: w - right, y1: h - bottom, y2: h - bottom, stroke: "#9aa7ad" }),
    GP.svg("path", { d: path(c.c), fill: "none", stroke: "#9aa7ad", "stroke-width": 1.2, "stroke-dasharray": "3 2" }), GP.svg("path", { d: path(c.o), fill: "none", stroke: colour, "stroke-width": 2 }),
    ...c.c.map((v, k) => (v === null ? "" : GP.svg("circle", { cx: x(c.n[k]), cy: y(v), r: 2.8, fill: "#fff", stroke: "#333", "stroke-width": 1 }))),
    text(left - 4, y(high) + 3, GP.count(high), "end"), high > low ? text(left - 4, y(low) + 3, GP.count(low), "end") : "", ...c.n.map((n, k) => (most <= 12 || k % Math.ceil(most / 8) === 0 ? text(x(n), h - 7, String(n), "middle") : "")));
};
GP.questionPart = function (q) {
  const c = q.curve, priced = c.b.some((one) => one !== null && one > 0), step = Math.ceil(c.n.length / 8);
  const shown = c.n.map((_, k) => k).filter((k) => k % step === 0 || k === c.n.length - 1);
  const about = GP.t(q.mzh, q.men) + (q.within === null ? "" : GP.t(" · " + q.within + " 分钟内", " · within " + q.within + " min")) + (q.age ? " · " + GP.pick(q.age) : "");
  return GP.el("section", { class: "gp-figure-box gp-question", "data-question": q.id }, GP.el("h2", {}, GP.withChip(GP.chip(GP.questionColour(q.k), { shape: "dot" }), GP.t("新建", "New: ") + GP.both(q))), GP.note(about),
    c.n.length ? GP.curvePlot(q) : GP.nothing("没有曲线。", "There is no curve."),
    c.n.length ? GP.table("gp-curve-" + q.k, [GP.t("新建", "built"), GP.t("投资", "yuan"), GP.t("最多可覆盖", "best"), GP.t("按次序建", "in order")], shown.map((k) => [String(c.n[k]), priced ? GP.wan(c.b[k]) : c.n[k] === 0 ? "0" : GP.unknown(), GP.count(c.c[k]), GP.count(c.o[k])])) : null,
    GP.facts([[GP.t("求解", "Proof"), GP.proof(q)], [GP.t("应覆盖", "To be covered"), GP.people(c.all)], [GP.t("均在时限外", "Beyond any reach"), GP.people(c.far)], q.model === "p_median" ? [GP.t("总出行", "All ways"), GP.known(q.obj, GP.count(q.obj) + GP.t(" 人·分钟", " person-minutes"))] : q.model === "p_center" ? [GP.t("最远用时", "Longest way"), GP.number(q.obj, "min")] : null, [GP.t("位置未知", "Place unknown"), GP.people(c.unknown)]]),
    GP.covers(q) ? null : GP.note(GP.t("本题不以覆盖人口为目标,曲线只供对照:新增覆盖少不等于没有效果。", "This question does not aim at people covered; the curve is for comparison only.")), q.r >= 0 ? GP.note(GP.told(q.r)) : null);
};
GP.sitingParts = function () {
  if (!GP.data.questions.length) return [GP.part(GP.t("设施选址", "Where to build"), GP.nothing("计划没有提出选址问题。", "The plan asks no question of where to build."))];
  const key = GP.note(GP.t("圈内数字为建设次序。曲线:虚线带点为该数量下最多可覆盖,实线为按次序建设;纵轴不从 0 起。", "Numbers in circles: order of building. Curve: dots, the most that so many can cover; line, built in order; the axis does not begin at 0."));
  return [...GP.data.questions.map(GP.questionPart), key];
};
GP.statePart = function (title, id, states, words, colours, rings, ...rest) {
  const chip = (k) => rings && k === "false" ? GP.ringChip(rings) : GP.chip(k === "unknown" ? "url(#gp-hatch)" : colours[k]), uncounted = states.reduce((all, one) => all + one.q, 0);
  return GP.part(title, GP.table(id, ["", GP.t("人", "people"), GP.t("居民点", "settlements")], states.map((one) => [GP.withChip(chip(one.k), GP.pick(words[one.k])), GP.count(one.p), GP.count(one.n)]),
    [GP.t("合计", "Total"), GP.count(states.reduce((all, one) => all + one.p, 0)), GP.count(states.reduce((all, one) => all + one.n, 0))]),
    uncounted ? GP.note(GP.t(uncounted + " 个居民点人口未知,不在人数内。", "People of " + uncounted + " settlements are not known and not counted.")) : null, ...rest);
};
GP.waterParts = function () {
  const d = GP.data, title = GP.t("供水", "Water");
  if (!d.served.length) return [GP.part(title, GP.nothing("没有计算供水。", "Water was not computed."))];
  const schemes = d.sources.filter((one) => one.k === "scheme"), lost = d.sources.filter((one) => !one.g).length, sum = (list, key) => list.reduce((all, one) => all + (one[key] || 0), 0);
  const full = schemes.filter((one) => one.l !== null && one.l > 0.95).length, unknown = schemes.filter((one) => one.l === null).length;
  return [GP.statePart(title, "gp-served", d.served, GP.words.served, GP.words.servedColours, 0,
    GP.facts([[GP.t("管道", "Pipes"), d.pipes.length ? GP.metres(sum(d.pipes, "m")) + " · " + GP.money(sum(d.pipes, "y")) : GP.t("无", "none")], [GP.t("集中供水工程", "Schemes"), GP.count(schemes.length) + (schemes.length ? GP.t(",其中 " + full + " 处用水已超 95%", ", " + full + " more than 95% used") : "") + (unknown ? GP.t("," + unknown + " 处未知", ", " + unknown + " unknown") : "")],
      [GP.t("分散水源", "Springs"), GP.count(d.sources.filter((one) => one.k === "source").length)], lost ? [GP.t("无位置", "No place"), lost + GP.t(" 处水源未绘出", " sources are not drawn")] : null]),
    GP.note(GP.t("横条为工程已用水量占比,放大后显示百分数。", "Bars: share of a scheme's water in use; percentages show when zoomed in.")), GP.note(GP.pipeNote()))];
};
GP.pipeNote = function () {
  const prices = GP.data.pipePrices;
  if (!prices) return GP.price(null);
  const sizes = Object.values(prices.sizes), known = [...new Set(sizes.map((one) => GP.evidence(one.e)))].join(GP.t("、", ", "));
  return GP.t("管材按 " + sizes.length + " 档管径计价(" + known + "),管沟另计;点开管道看其单价与来源。", "Pipes are priced in " + sizes.length + " sizes (" + known + "), trench apart; click a pipe for its price and source.");
};
GP.powerParts = function () {
  const d = GP.data;
  if (!d.networks.length) return [GP.part(GP.t("电与信号", "Power and signal"), GP.nothing("没有计算供电与信号。", "Power and signal were not computed."))];
  return d.networks.map((one, k) => (!one.states.length ? GP.part(GP.both(one), GP.nothing("没有数据。", "No data.")) : GP.statePart(GP.both(one), "gp-net-" + k, one.states, GP.words.within, GP.withinColours(k), k,
    GP.facts([[GP.t("半径", "Radius"), GP.metres(one.rad) + GP.t("(供点未注明时)", " (where a supply states none)")], one.kind === "wired" ? [GP.t("待建线路", "Lines to build"), one.n ? GP.metres(one.m) + " · " + (one.y === null ? GP.t("费用未知(无单价)", "cost unknown (no price)") : GP.money(one.y)) : GP.t("无", "none")] : null]),
    GP.note((one.src || GP.t("来源未说明", "source not stated")) + GP.t("(", " (") + GP.evidence(one.e) + GP.t(")", ")")))));
};
GP.comparePart = function (c, k) {
  const total = c.sum.reduce((all, one) => all + one.n, 0), bare = c.rows.filter((one) => !one.g).length;
  return GP.part(GP.both(c), GP.table("gp-compared-" + k, [GP.t("结论", "finding"), GP.t("条", "rows"), GP.t("占比", "share")], c.sum.map((one) => [GP.withChip(GP.comparedChip(one.k, k), GP.stateWords(c, one.k)), GP.count(one.n), GP.share(one.share)]), [GP.t("合计", "Total"), GP.count(total), ""]),
    GP.wrongColumns(c), bare ? GP.note(GP.t(bare + " 条没有位置,图上未绘出。", bare + " rows have no place and are not drawn.")) : null);
};
/* Which columns the contradictions are about. */
GP.wrongColumns = function (c) {
  const tally = new Map();
  c.rows.forEach((one) => one.v.forEach((value) => { if (value[5] === "false") { const name = GP.t(value[0], value[1]); tally.set(name, (tally.get(name) || 0) + 1); } }));
  const text = [...tally].sort((a, b) => b[1] - a[1]).map(([name, n]) => name + " " + n).join(GP.t("、", ", "));
  return text ? GP.note(GP.t("矛盾字段:", "Columns that differ: ") + text) : null;
};
GP.compareParts = () => (GP.data.comparisons.length ? [...GP.data.comparisons.map(GP.comparePart), GP.note(GP.t("按编码、名称、位置逐条一对一匹配;点开标记看两个部门各自的数值。", "Rows are matched one to one by code, name and place; click a mark for the values of both sides."))]
  : [GP.part(GP.t("部门数据比对", "Layers compared"), GP.nothing("计划没有提出比对。", "The plan compares no layers."))]);
