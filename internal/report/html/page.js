// Filters, search and the view by resource. The list itself is in the page, and
// stays there: items are hidden or moved, never made, so that nothing that a
// plan says is ever parsed as markup.
(() => {
  "use strict";
  const form = document.getElementById("filters");
  if (!form) return;
  const $ = (id) => document.getElementById(id);
  const main = $("findings"), none = $("none"), shown = $("shown");
  const search = $("search"), policy = $("policy"), type = $("type");
  const boxes = (name) => [...form.querySelectorAll(`input[name=${name}]`)];
  const severities = boxes("severity"), statuses = boxes("status"), views = boxes("view");
  const policyGroups = [...main.querySelectorAll(".group")];
  const items = [...main.querySelectorAll(".f")].map((el) => ({
    el, home: el.parentNode, ...el.dataset, subject: el.querySelector(".subject").textContent, text: "",
  }));
  const heads = new Map(policyGroups.map((g) => [g.id, {
    title: g.querySelector("h3").cloneNode(true), id: g.querySelector(".id").textContent,
    fix: g.querySelector(".fix"), text: g.querySelector("header").textContent.toLowerCase(),
  }]));
  let resourceGroups = null;

  // What is searched besides the policy: the finding as it stood at first.
  const text = (it) => it.text ||= it.el.textContent.toLowerCase();
  const make = (tag, cls, ...children) => {
    const el = document.createElement(tag);
    if (cls) el.className = cls;
    el.append(...children);
    return el;
  };

  // byResource makes a group for each resource, once, and names the policy in
  // each of its findings.
  function byResource() {
    if (resourceGroups) return resourceGroups;
    const groups = new Map();
    for (const it of items) {
      const key = it.type + "\0" + it.subject;
      if (!groups.has(key)) {
        const title = make("h3", "", make("code", "", it.subject), " ", make("span", "count"));
        if (!it.subject.includes(it.type)) title.lastChild.before(make("span", "type", it.type), " ");
        groups.set(key, { el: make("section", "group", make("header", "", title), make("ul", "list")), items: [], rank: Infinity });
      }
      const g = groups.get(key);
      g.items.push(it);
      const head = heads.get(it.policy);
      const badge = head.title.querySelector(".badge").cloneNode(true);
      const name = make("span", "", head.title.childNodes[1].textContent.trim());
      const pol = it.el.querySelector(".pol");
      pol.append(badge, " ", name, " ", make("code", "id", head.id));
      if (head.fix) it.el.querySelector(".where").after(head.fix.cloneNode(true));
      const rank = severities.findIndex((b) => b.value === it.severity);
      if (it.status !== "exempt" && rank < g.rank) {
        g.rank = rank;
        g.el.className = "group sev-" + it.severity;
      }
    }
    resourceGroups = [...groups.values()].sort((a, b) => a.rank - b.rank || b.items.length - a.items.length);
    return resourceGroups;
  }

  function view(name) {
    const resource = name === "resource";
    if (document.body.classList.contains("by-resource") === resource) return;
    document.body.className = "by-" + name;
    if (resource) {
      for (const g of byResource()) g.el.lastChild.append(...g.items.map((it) => it.el));
      policyGroups.forEach((g) => g.remove());
      none.before(...resourceGroups.map((g) => g.el));
    } else {
      resourceGroups.forEach((g) => g.el.remove());
      for (const it of items) it.home.append(it.el);
      none.before(...policyGroups);
    }
  }

  function apply() {
    view(views.find((b) => b.checked).value);
    const on = (list) => new Set(list.filter((b) => b.checked).map((b) => b.value));
    const sev = on(severities), st = on(statuses);
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    const counts = new Map();
    for (const it of items) {
      const ok = sev.has(it.severity) && st.has(it.status) && (!policy.value || it.policy === policy.value) &&
        (!type.value || it.type === type.value) && words.every((w) => heads.get(it.policy).text.includes(w) || text(it).includes(w));
      if (it.el.hidden === ok) it.el.hidden = !ok;
      const group = it.el.parentNode.parentNode;
      counts.set(group, (counts.get(group) || 0) + (ok ? 1 : 0));
      if (ok) n++;
    }
    for (const [group, c] of counts) {
      group.hidden = c === 0;
      group.querySelector(".count").textContent = c;
    }
    none.hidden = n > 0;
    shown.value = `${n} of ${items.length}`;
    for (const b of document.querySelectorAll("#severity-chart button")) {
      b.setAttribute("aria-pressed", String(sev.size === 1 && sev.has(b.dataset.severity)));
    }
    remember();
  }

  // The filters are kept in the address, so that a link shows the same.
  function remember() {
    const q = new URLSearchParams();
    if (search.value) q.set("q", search.value);
    if (policy.value) q.set("policy", heads.get(policy.value).id);
    if (type.value) q.set("type", type.value);
    if (views[1].checked) q.set("view", "resource");
    for (const [name, list] of [["severity", severities], ["status", statuses]]) {
      if (list.some((b) => !b.checked)) q.set(name, list.filter((b) => b.checked).map((b) => b.value).join("."));
    }
    const hash = q.toString();
    try { history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search); } catch { /* a sandboxed page has no history */ }
  }
  function recall() {
    const q = new URLSearchParams(location.hash.slice(1));
    if (![..."q policy type view severity status".split(" ")].some((k) => q.has(k))) return;
    search.value = q.get("q") || "";
    for (const [id, head] of heads) if (head.id === q.get("policy")) policy.value = id;
    type.value = q.get("type") || "";
    views[q.get("view") === "resource" ? 1 : 0].checked = true;
    for (const [name, list] of [["severity", severities], ["status", statuses]]) {
      if (q.has(name)) list.forEach((b) => { b.checked = q.get(name).split(".").includes(b.value); });
    }
    apply();
  }

  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 80); });
  form.addEventListener("change", apply);
  form.addEventListener("submit", (e) => { e.preventDefault(); apply(); });
  form.addEventListener("reset", () => setTimeout(apply));
  for (const b of document.querySelectorAll("#severity-chart button")) {
    b.disabled = false;
    b.addEventListener("click", () => {
      const alone = b.getAttribute("aria-pressed") === "true";
      severities.forEach((box) => { box.checked = alone || box.value === b.dataset.severity; });
      apply();
    });
  }
  document.querySelector(".top-policies")?.addEventListener("click", (e) => {
    const link = e.target.closest("a");
    if (!link) return;
    e.preventDefault();
    form.reset();
    apply();
    document.getElementById(link.hash.slice(1)).scrollIntoView();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { e.preventDefault(); search.focus(); }
    if (e.key === "Escape" && document.activeElement === search) { search.value = ""; apply(); }
  });
  addEventListener("beforeprint", () => main.querySelectorAll("details").forEach((d) => { d.open = true; }));
  form.hidden = false;
  recall();
})();
