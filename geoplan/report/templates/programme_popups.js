/* Say in words what is to be built, for whom, at what cost and after whose price. What nobody knows says so. Names are set as text, never as markup. */
GP.unknown = () => GP.t("未知", "unknown");
GP.known = (value, words) => (value === null || value === undefined ? GP.unknown() : words);
GP.people = (value) => GP.known(value, GP.count(value) + GP.t(" 人", " people"));
GP.metres = (value) => GP.known(value, value >= 10000 ? (value / 1000).toLocaleString("en-US", { maximumFractionDigits: 1 }) + " km" : GP.count(value) + " m");
GP.money = (value) => GP.known(value, GP.yuan(value));
GP.share = (value) => GP.known(value, GP.percent(value));
GP.townshipName = function (code) {
  const one = GP.data.townships.find((each) => each.c === code);
  return one ? one.n || code : code || GP.t("乡镇未知", "township unknown");
};
GP.evidence = (code) => GP.pick(GP.style.evidence[code] || [code, code]);
GP.price = function (one) {
  if (!one) return GP.t("单价来源:未提供", "Source of the price: not stated");
  const unit = { m: ["元/m", "yuan/m"], place: ["元/处", "yuan each"] }[one.u] || [one.u, one.u];
  const text = one.s === "plan" ? GP.t("计划文件给定", "stated in the plan file") : one.s;
  return GP.t("单价 ", "Price ") + (one.y === null ? "" : GP.count(one.y) + " " + GP.pick(unit)) + GP.t(":", ": ") + (text || GP.t("未说明", "not stated")) + GP.t("(", " (") + GP.evidence(one.e) + GP.t(")", ")");
};
GP.source = (text) => (text ? GP.el("p", { class: "gp-source", text }) : null);
GP.named = (title, code, ...rest) => GP.el("div", { class: "gp-popup" }, GP.el("h3", { text: title }), GP.el("div", { class: "gp-code", text: code }), ...rest);
GP.list = function (names, most) {
  const shown = names.slice(0, most).join(GP.t("、", ", "));
  return names.length > most ? shown + GP.t(" 等 " + names.length + " 个", " and others, " + names.length + " in all") : shown || GP.t("无", "none");
};
GP.roadPopup = function (k) {
  const one = GP.data.links[k], prices = GP.data.roadPrices, price = prices[one.k] || (GP.isBridge(one.k) ? prices.bridge : null);
  return GP.named(GP.pick(GP.words.roads[one.k] || [one.k, one.k]), one.i + " · " + GP.townshipName(one.w),
    GP.facts([[GP.t("长度", "Length"), GP.metres(one.m)], [GP.t("投资", "Cost"), GP.money(one.y)], [GP.t("年养护", "Upkeep a year"), GP.money(one.yy)],
      [GP.t("桥梁", "Bridges"), GP.known(one.b, one.b ? one.b + GP.t(" 座 · ", " · ") + GP.metres(one.bm) : GP.t("无", "none"))],
      [GP.t("依靠此路", "Rely on it"), GP.people(one.p)], [GP.t("村民小组", "Groups"), one.gr.length + GP.t(" 个:", ": ") + GP.list(one.gr, 6)],
      [GP.t("节省", "Gained"), GP.known(one.mg, GP.count(one.mg) + GP.t(" 人·分钟(单程)", " person-minutes, one way"))]]),
    GP.source(GP.price(price)), one.b && !GP.isBridge(one.k) ? GP.source(GP.t("桥梁", "Bridges: ") + GP.price(prices.bridge)) : null);
};
GP.proof = function (question) {
  const gap = question.gap === null ? "" : GP.t(",间隙 ", ", gap ") + (100 * question.gap).toLocaleString("en-US", { maximumFractionDigits: 2 }) + "%";
  return GP.pick(GP.words.solved[question.st] || [question.st, question.st]) + gap;
};
GP.buildPopup = function (question, k) {
  const one = question.sites[k], built = !one.ex;
  return GP.named(one.n || one.i, one.i + " · " + GP.townshipName(one.w),
    GP.facts([[GP.t("服务", "Service"), GP.both(question)], [GP.t("状态", "State"), built ? GP.t("拟新建,第 " + one.o + " 个建", "to build, number " + one.o) : GP.t("现有,保留", "exists, kept")],
      built ? [GP.t("新增覆盖", "Gained"), GP.people(one.pg)] : null, [GP.t("就近服务", "Serves"), GP.people(one.ps)],
      [GP.t("容量", "Capacity"), one.cp === null ? (built ? GP.t("未设上限", "no limit set") : GP.unknown()) : GP.people(one.cp)], built ? [GP.t("投资", "Cost"), GP.money(one.y)] : null,
      built ? [GP.t("选址模型", "Model"), GP.t(question.mzh, question.men)] : null, built ? [GP.t("求解", "Proof"), GP.proof(question)] : null,
      built ? [GP.t("灾害", "Hazard"), one.hz === "ok" ? GP.t("不在已知隐患区", "outside known zones") : GP.t("未知,须核查", "unknown, to be checked")] : null]),
    built ? GP.source(GP.price(question.price)) : null);
};
GP.pipePrices = function (one) {
  const prices = GP.data.pipePrices;
  return prices ? [GP.source(GP.t("管材", "Pipe: ") + GP.price(prices.sizes[String(Math.round(one.d))])), GP.source(GP.t("管沟", "Trench: ") + GP.price(prices.trench))] : [GP.source(GP.price(null))];
};
GP.pipePopup = function (k) {
  const one = GP.data.pipes[k], source = GP.data.sources.find((each) => each.i === one.s);
  return GP.named(one.k === "pump" ? GP.t("提水管道", "Pumped pipe") : GP.t("自流管道", "Gravity pipe"), one.i,
    GP.facts([[GP.t("水源", "Source"), source ? source.n || source.i : one.s || GP.unknown()], [GP.t("长度", "Length"), GP.metres(one.m)], [GP.t("管径", "Diameter"), GP.known(one.d, one.d + " mm")],
      [GP.t("流量", "Flow"), GP.known(one.f, one.f + " L/s")], [GP.t("水头损失", "Head lost"), GP.known(one.l, one.l + " m")],
      [GP.t("下游", "Behind it"), GP.people(one.p) + " · " + one.n + GP.t(" 个居民点", " settlements")], [GP.t("投资", "Cost"), GP.money(one.y)]]),
    ...GP.pipePrices(one));
};
GP.sourcePopup = function (k) {
  const one = GP.data.sources[k];
  return GP.named(one.n || one.i, one.i + " · " + GP.pick(GP.words.waterKinds[one.k] || [one.k, one.k]),
    GP.el("div", { class: "gp-fill" }, GP.loadBar(one.l, 120, 12), GP.el("b", { text: one.l === null ? GP.unknown() : GP.t("已用 ", "used ") + GP.percent(one.l) })),
    GP.facts([[GP.t("可供水量", "Yield"), GP.known(one.q, GP.count(one.q) + GP.t(" m³/日", " m³ a day"))], [GP.t("需水量", "Demand"), GP.known(one.d, one.d.toLocaleString("en-US", { maximumFractionDigits: 1 }) + GP.t(" m³/日", " m³ a day"))],
      [GP.t("服务人口", "People"), GP.people(one.p)], [GP.t("保证率", "Reliability"), GP.share(one.rel)], one.st && one.st !== "ok" ? [GP.t("数据", "Data"), GP.t("缺数据,不能计入", "missing, cannot be counted on")] : null]));
};
GP.ruleBlock = function (digits) {
  const rules = GP.data.rules, name = (k) => GP.both(rules[k]), of = (digit) => [...digits].map((one, k) => (one === digit ? k : -1)).filter((k) => k >= 0);
  if (!digits) return null;
  const met = of("0"), short = of("1"), open = of("2");
  return GP.el("p", { class: "gp-source", text: GP.t("供水规则:达标 " + met.length + " 条", "Water rules: " + met.length + " met") + (short.length ? GP.t(";未达标 ", "; not met: ") + GP.list(short.map(name), 9) : "") +
    (open.length ? GP.t(";未知 ", "; unknown: ") + (open.length > 4 ? open.length + GP.t(" 条", "") : GP.list(open.map(name), 4)) : "") });
};
GP.homePopup = function (i) {
  const s = GP.data.settlements, w = s.water, served = Object.keys(GP.words.served), within = Object.keys(GP.words.within);
  const parts = [GP.facts([[GP.t("人口", "People"), GP.people(s.p[i])], [GP.t("乡镇", "Township"), GP.townshipName(s.w[i])], w ? [GP.t("供水", "Water"), GP.pick(GP.words.served[served[w.s[i]]]) + (w.n[i] >= 0 ? GP.t(":", ": ") + GP.told(w.n[i]) : "")] : [GP.t("供水", "Water"), GP.t("未计算", "not computed")],
    w && w.m[i] !== null ? [GP.t("管长 / 剩余水头", "Pipe / head left"), GP.metres(w.m[i]) + " / " + GP.known(w.h[i], w.h[i] + " m")] : null, w && w.l[i] ? [GP.t("扬程", "Lift"), w.l[i] + " m"] : null,
    w ? [GP.t("人均水量", "Water each"), GP.known(w.d[i], w.d[i] + GP.t(" 升/人·日", " L a day"))] : null])];
  if (w && w.r[i] >= 0) parts.push(GP.el("p", { class: "gp-reason", text: GP.told(w.r[i]) }));
  if (w) parts.push(GP.ruleBlock(w.ru[i]));
  GP.data.networks.forEach((one) => {
    const n = s.net[one.id];
    if (!n) return;
    parts.push(GP.facts([[GP.both(one), GP.pick(GP.words.within[within[n.s[i]]])], [GP.t("最近供点", "Nearest"), GP.known(n.d[i], GP.metres(n.d[i]) + GP.t("(半径 ", " (radius ") + GP.metres(n.rad[i]) + GP.t(")", ")"))],
      n.m[i] === null ? null : [GP.t("接线", "Line"), GP.metres(n.m[i]) + " · " + (n.y[i] === null ? GP.t("费用未知(无单价)", "cost unknown (no price)") : GP.yuan(n.y[i]))], n.l[i] === null ? null : [GP.t("供点负载", "Load of it"), GP.percent(n.l[i])]]),
      n.r[i] >= 0 ? GP.source(GP.told(n.r[i])) : null);
  });
  return GP.named(s.n[i] || s.id[i], s.id[i] + (s.u[i] ? " · " + s.u[i] : ""), ...parts);
};
GP.wirePopup = function (k) {
  const one = GP.data.lines[k], network = GP.data.networks.find((each) => each.id === one.k);
  const price = network && network.ym !== null ? { y: network.ym, u: "m", s: "plan", e: "convention" } : null;
  return GP.named((network ? GP.both(network) : one.k) + GP.t(":待建线路", ": line to build"), one.i,
    GP.facts([[GP.t("接自", "From"), one.f || GP.unknown()], [GP.t("长度", "Length"), GP.metres(one.m)], [GP.t("投资", "Cost"), one.y === null ? GP.t("未知(无单价)", "unknown (no price)") : GP.yuan(one.y)],
      [GP.t("下游", "Behind it"), GP.people(one.p) + " · " + one.n + GP.t(" 个居民点", " settlements")]]), GP.source(GP.price(price)));
};
GP.stateWords = function (comparison, state) {
  const words = GP.pick(GP.words.states[state]);
  return words.replace("{left}", () => GP.pick(comparison.left)).replace("{right}", () => GP.pick(comparison.right));
};
GP.valueTable = function (comparison, rows) {
  /* Levels are codes of the vocabulary, not what a department wrote: they are said in words. */
  const blank = GP.t("未填", "not given"), say = (text, zh) => (text === "" ? blank : zh === "级别" && GP.words.levels[text] ? GP.pick(GP.words.levels[text]) : text), cell = (text, name) => GP.el("td", { class: name || null, text });
  return GP.el("table", { class: "gp-items gp-values" }, GP.el("thead", {}, GP.el("tr", {}, ...[GP.t("字段", "Column"), GP.pick(comparison.left), GP.pick(comparison.right), GP.t("后−前", "second − first"), ""].map((text) => GP.el("th", { text })))),
    GP.el("tbody", {}, ...rows.map(([zh, en, left, right, difference, agrees]) => GP.el("tr", { class: agrees === "false" ? "gp-differs" : null }, cell(GP.t(zh, en)), cell(say(left, zh)), cell(say(right, zh)),
      cell(difference === null ? "–" : difference > 0 ? "+" + difference : String(difference).replace("-", "−"), "gp-num"), cell(GP.pick(GP.words.agrees[agrees] || [agrees, agrees]))))));
};
GP.comparedPopup = function (comparison, n) {
  const one = comparison.rows[n], state = Object.keys(GP.words.states)[one.s], both = one.li && one.ri;
  const name = (title, id) => (id ? (title || "–") + GP.t("(", " (") + id + GP.t(")", ")") : GP.t("没有这一条", "has no such row"));
  return GP.named(one.ln || one.rn || one.li || one.ri, GP.both(comparison) + " · " + GP.townshipName(one.w),
    GP.facts([[GP.t("结论", "Finding"), GP.stateWords(comparison, state)], [GP.pick(comparison.left), name(one.ln, one.li)], [GP.pick(comparison.right), name(one.rn, one.ri)],
      both ? [GP.t("匹配依据", "Matched by"), GP.pick(GP.words.matched[one.by] || [one.by, one.by]) + (one.sim === null ? "" : GP.t(",名称相似度 ", ", likeness of names ") + one.sim)] : null,
      both && !(one.m && one.d === null) ? [GP.t("相距", "Apart"), GP.metres(one.d)] : null, one.m ? [GP.t("图上位置", "Drawn at"), GP.t("按代码落在单位中部", "the middle of its unit")] : null]),
    one.r >= 0 ? GP.el("p", { class: "gp-reason", text: GP.told(one.r) }) : null, one.v.length ? GP.valueTable(comparison, one.v) : null);
};
GP.rankPopup = function (k) {
  const units = GP.data.ranking.units, one = units[k];
  return GP.named(one.n || one.c, one.c, GP.facts([[GP.t("名次", "Rank"), GP.known(one.k, one.k + " / " + units.length)],
    [GP.t("名次区间", "Interval"), GP.known(one.lo, one.lo + "–" + one.hi + GP.t("(" + Math.round(100 * GP.data.ranking.share) + "% 的抽样)", " (" + Math.round(100 * GP.data.ranking.share) + "% of draws)"))],
    [GP.t("得分(1 最好)", "Score (1 best)"), GP.known(one.sc, String(one.sc))], [GP.t("人口", "People"), GP.people(one.p)], [GP.t("未知占比", "Share unknown"), GP.share(one.us)]]),
    one.r >= 0 ? GP.el("p", { class: "gp-reason", text: GP.told(one.r) }) : null);
};
