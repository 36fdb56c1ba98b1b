// The views of a panel. Each file of a view adds itself here: its name, the common controls that it uses, and how it is made.

const VIEWS = [];
const kindOf = (name) => VIEWS.find((view) => view.name === name);

// Tabs: one of them is in the order of the Tab key, arrows move among them.
function tabs(data, panes, choose) {
  const list = el("div", { role: "tablist", "aria-label": data.ui.views, class: "fl-tabs" });
  const made = panes.map(({ section }, i) => {
    const id = (kind) => `${kind}-${section.name}-${panes.serial}`;
    const tab = button(section.label, () => choose(section.name), { role: "tab", id: id("fl-tab"), "aria-controls": id("fl-pane") });
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -i, End: panes.length - 1 - i }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const next = (i + step + panes.length) % panes.length;
      choose(panes[next].section.name);
      made[next].focus();
    });
    return tab;
  });
  list.append(...made);
  const show = (name) => made.forEach((tab, i) => {
    const chosen = panes[i].section.name === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  });
  return { list, show };
}
