// Hosts the panel inside a recorded view: no kernel, no network. In a notebook each view is run by the program it was recorded with;
// in an exported file one copy of the program mounts all views, and counts stand once.

function frozenModel(values) {
  const listeners = new Map();
  return {
    get: (name) => values[name],
    set(name, value) {
      if (values[name] === value) return;
      values[name] = value;
      for (const listener of listeners.get(`change:${name}`) ?? []) listener();
    },
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: (event, listener) => listeners.set(event, (listeners.get(event) ?? []).filter((other) => other !== listener)),
    save_changes() {},
  };
}

// Text that stands once on the page, in the first view that needs it.
function sharedText(host, kind) {
  const own = host.querySelector(`script[data-fairlens="${kind}"]`);
  const shared = [...document.querySelectorAll(`script[data-fairlens="${kind}"]`)].find((script) => script.dataset.digest === host.dataset[kind]);
  return (own ?? shared).textContent;
}

export function mount(host) {
  if (host.dataset.live) return;
  const live = host.querySelector(".fl-live");
  try {
    const state = JSON.parse(host.querySelector('script[data-fairlens="state"]').textContent);
    const explained = host.dataset.explained ? sharedText(host, "explained") : "[]";
    render({ model: frozenModel({ payload: sharedText(host, "payload"), state, explained, frozen: true }), el: live });
    host.dataset.live = "yes";
    const still = host.querySelector(".fl-static");
    if (still) new ResizeObserver(() => reachable(still)).observe(still);
  } catch (error) {
    host.dataset.live = "no";
    live.lang = "en";
    live.textContent = String(error.message);
  }
}

// "record" are views of an earlier form, whose own program mounts whatever is called so: hence the other name.
export function mountAll() {
  document.querySelectorAll('[data-fairlens="view"],[data-fairlens="record"]').forEach(mount);
  new ResizeObserver(() => reachable(document.body, ON_PAGES)).observe(document.body);
}
