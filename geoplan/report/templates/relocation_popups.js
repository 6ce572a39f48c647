/* Say in words why a settlement moves, how sure that is and where it goes, and how full a site is. Names are set as text, never as markup. */
GP.siteName = (k) => GP.data.sites[k].n || GP.data.sites[k].i;
GP.townshipName = function (code) {
  const one = GP.data.townships.find((each) => each.c === code);
  return one ? one.n || code : code || "–";
};
GP.chanceBar = function (q) {
  const bar = GP.el("div", { class: "gp-bar gp-chance", role: "img", "aria-label": GP.chanceText(q) });
  q.forEach((n, k) => { if (n > 0) bar.append(GP.el("span", { class: k === 3 ? "gp-hatched" : "", style: { width: n / 10 + "%", background: k === 3 ? "" : GP.style.classColours[GP.style.classes[k]] } })); });
  return bar;
};
GP.chanceText = (q) => q.map((n, k) => (n > 0 ? GP.pick(GP.style.classLabels[k]) + " " + (n / 10).toLocaleString("en-US", { maximumFractionDigits: 1 }) + "%" : "")).filter(Boolean).join(" · ");
GP.chanceBlock = function (i) {
  const s = GP.data.settlements;
  if (!s.q || !s.q[i].length) return null;
  const on = s.v[i] === 2 && s.d[i] >= 0 ? GP.t(",取决于", ", depends on ") + GP.told(s.d[i]) : "";
  const draws = GP.data.plan.draws ? GP.t("(抽样 ", " (of ") + GP.count(GP.data.plan.draws) + GP.t(" 次)", " draws)") : "";
  const why = s.v[i] === 2 && s.vr[i] >= 0 ? GP.told(s.vr[i]) : GP.chanceText(s.q[i]) + draws;
  return GP.el("div", { class: "gp-sure" }, GP.el("b", { text: GP.pick(GP.words.verdicts[s.v[i]]) + on }), GP.chanceBar(s.q[i]), GP.el("div", { class: "gp-source", text: why }));
};
GP.pageLink = (href, base, zh, en) => (href && base !== null ? GP.el("a", { class: "gp-open", href: base + href, target: "_blank", rel: "noopener", text: GP.t(zh, en) }) : null);
GP.relocationPopup = function (i, base) {
  const s = GP.data.settlements, unit = s.u[i] >= 0 ? GP.data.units[s.u[i]] : null, t = s.t[i];
  const source = s.ps[i] >= 0 ? GP.t("(", " (") + GP.told(s.ps[i]) + GP.t(")", ")") : "";
  const people = (s.p[i] === null ? GP.t("未知", "unknown") : GP.count(s.p[i]) + GP.t(" 人", " people")) + source + " · " + GP.count(s.h[i]) + GP.t(" 户", " households");
  const score = s.sc[i] === null ? "–" : s.sc[i].toFixed(2) + (s.ev[i] === null ? "" : GP.t(" · 证据 ", " · evidence ") + Math.round(100 * s.ev[i]) + "%");
  return GP.el("div", { class: "gp-popup" }, GP.el("h3", { text: s.n[i] || s.id[i] }), GP.el("div", { class: "gp-code", text: s.id[i] + (unit ? " · " + (unit.n || unit.c) : "") }),
    GP.facts([[GP.t("人口", "People"), people], [GP.t("判定", "Class"), GP.pick(GP.style.classLabels[s.c[i]]) + GP.t(",得分 ", ", score ") + score], [GP.t("地灾", "Hazard"), GP.hazardText(i)],
      s.tr && s.tr[i] ? [GP.t("处置", "Treatment"), GP.say(GP.words.treatments, s.tr[i])] : null,
      [GP.t("去向", "Outcome"), GP.pick(GP.words.moves[s.m[i]]) + (t >= 0 ? " → " + GP.siteName(t) : "")],
      t >= 0 ? [GP.t("旧地到新居", "Old land to site"), GP.number(s.mn[i], "min") + " · " + GP.t("直线 ", "straight ") + GP.number(s.st[i], "m") + " · " + (s.same[i] ? GP.t("同乡镇", "same township") : GP.t("跨乡镇", "another township"))] : null,
      unit && (unit.f === "whole" || unit.f === "single") ? [GP.t("本组", "Its group"), GP.say(GP.words.forms, unit.f)] : null]),
    GP.chanceBlock(i), s.r[i] >= 0 ? GP.el("p", { class: "gp-reason", text: GP.told(s.r[i]) }) : null, 
    unit ? GP.pageLink(unit.h, base, "打开本组专页 →", "Open the group's page →") : null, t >= 0 ? GP.pageLink(GP.data.sites[t].href, base, "打开安置点专页 →", "Open the site's page →") : null,
    s.cr[i] >= 0 ? GP.el("p", { class: "gp-source", text: GP.told(s.cr[i]) }) : null);
};
GP.sitePopup = function (k, base) {
  const one = GP.data.sites[k], limit = GP.say(GP.words.bindings, one.b);
  return GP.el("div", { class: "gp-popup" }, GP.el("h3", { text: GP.siteName(k) }), GP.el("div", { class: "gp-code", text: one.i + " · " + GP.say(GP.words.kinds, one.k) + " · " + GP.townshipName(one.w) }),
    one.o ? GP.el("div", { class: "gp-fill" }, GP.loadBar(one.l, 120, 12), GP.el("b", { text: GP.percent(one.l) })) : null,
    GP.facts([[GP.t("安置", "Takes"), one.o ? GP.count(one.p) + GP.t(" 人 · ", " people · ") + GP.count(one.h) + GP.t(" 户", " households") : GP.t("未启用", "not opened")],
      [GP.t("容量上限", "Ceiling"), GP.count(one.cp) + GP.t(" 人", " people") + (one.b ? GP.t(",受限于", ", bound by ") + limit : "")],
      one.o ? [GP.t("来自", "From"), one.ns + GP.t(" 个居民点 · ", " settlements · ") + one.ng + GP.t(" 个组", " groups")] : null,
      one.o && one.y !== null ? [GP.t("投入", "Cost"), GP.yuan(one.y)] : null,
      [GP.t("适宜度", "Suitability"), one.s === null ? "–" : one.s.toFixed(2) + (one.rk ? GP.t("(第 " + one.rk + " 位)", " (rank " + one.rk + ")") : "")],
      one.a === null ? null : [GP.t("面积", "Area"), (one.a / 1e4).toFixed(1) + GP.t(" 公顷", " ha")],
      one.sl === null ? null : [GP.t("平均坡度", "Mean slope"), one.sl.toFixed(1) + "°"]]),
    one.r >= 0 ? GP.el("p", { class: "gp-reason", text: GP.told(one.r) }) : null, one.cb >= 0 ? GP.el("p", { class: "gp-source", text: GP.t("容量依据:", "Capacity: ") + GP.told(one.cb) }) : null,
    GP.pageLink(one.href, base, "打开安置点专页 →", "Open the site's page →"));
};
GP.linkPopup = function (k) {
  const one = GP.data.links[k], names = one.gr.map((code) => { const unit = GP.data.units.find((each) => each.c === code); return unit && unit.n ? unit.n : code; });
  return GP.el("div", { class: "gp-popup" }, GP.el("h3", { text: GP.say(GP.words.links, one.k) }), GP.el("div", { class: "gp-code", text: one.i }),
    GP.facts([[GP.t("长度", "Length"), GP.number(one.m, "m")], [GP.t("建设费", "Building"), GP.yuan(one.y)], [GP.t("年养护", "Yearly upkeep"), GP.yuan(one.yy)], [GP.t("受益", "Serves"), GP.count(one.p) + GP.t(" 人 · ", " people · ") + names.join(GP.t("、", ", "))],
      one.b ? [GP.t("桥梁", "Bridges"), String(one.b)] : null]),
    one.r >= 0 ? GP.el("p", { class: "gp-reason", text: GP.t("费用分摊:", "How the cost is split: ") + GP.told(one.r) }) : null);
};
