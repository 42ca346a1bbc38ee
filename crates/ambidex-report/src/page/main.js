// Puts the page together: figures, tabs, theme, and the keys that work everywhere.

const views = [
  { id: "timeline-view", name: "Timeline", make: timeline },
  { id: "graph-view", name: "Graph", make: graph },
  { id: "hazards-view", name: "Hazards", make: hazardView, number: hazards.length },
  { id: "slowest-view", name: "Slowest", make: slowest },
  { id: "headers-view", name: "Headers", make: expensive },
  { id: "reasons-view", name: "Reasons", make: reasons },
  { id: "builds-view", name: "Builds", make: history, number: past.length },
];

/// Shows a view, which is made when it is first shown.
const show = (view) => {
  for (const other of views) {
    const isShown = other === view;
    other.tab.setAttribute("aria-selected", String(isShown));
    other.tab.tabIndex = isShown ? 0 : -1;
    if (other.panel) other.panel.hidden = !isShown;
  }
  if (!view.panel) {
    view.panel = view.make();
    view.panel.id = view.id;
    view.panel.setAttribute("role", "tabpanel");
    view.panel.setAttribute("aria-label", view.name);
    byId("views").append(view.panel);
  }
  byId("tip").hidden = true;
  repaint();
};
const shownView = () => views.find((view) => view.tab.getAttribute("aria-selected") === "true");

/// Moves the focus to what is shown.
const focusView = () => (shownView().panel.querySelector("[tabindex='0'], button") ?? shownView().tab).focus();

/// Moves the focus to the details. Escape moves it back.
let cameFrom = null;
const enterDetails = (from) => {
  cameFrom = from;
  byId("details").focus();
};

const tabs = () => {
  for (const view of views) {
    const number = view.number === undefined ? null : make("span", {}, String(view.number));
    view.tab = make("button", { type: "button", role: "tab", "aria-controls": view.id, onclick: () => show(view) }, view.name, number);
    byId("tabs").append(view.tab);
  }
  byId("tabs").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = views.findIndex((view) => view.tab === document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = views[(at + step + views.length) % views.length];
    show(next);
    next.tab.focus();
  });
};

const figures = () => {
  const of = (done) => commands.filter((command) => command.done === done).length;
  // The same part as the last line of the build says.
  const busy = d3.sum(commands, (command) => (command.done === "run" ? command.duration : 0));
  const critical = d3.sum(raw.critical, (index) => d3.sum(commands[index].bars, (bar) => bar.to - bar.from));
  const failed = commands.filter((command) => command.failed).length;
  const items = [
    ["Wall time", time(present?.wall ?? wall)],
    ["Jobs", String(present?.jobs ?? slots), busy ? `${Math.round((100 * busy) / (wall * (present?.jobs ?? slots)))} % busy` : ""],
    ["Critical path", critical ? time(critical) : "–"],
    ["Python waited", time(present?.waited)],
    ["Commands run", of("run").toLocaleString("en")],
    ["Up to date", of("reused").toLocaleString("en")],
    ["From caches", (of("cached") + of("remote")).toLocaleString("en")],
  ];
  if (failed) items.push(["Failed", String(failed)]);
  byId("figures").append(...items.map(([name, value, more]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, value, more ? make("small", {}, more) : null))));
  byId("project").textContent = base(raw.directory.replace(/\/+$/, "")) || raw.directory;
  const began = present ? ` · ${d3.timeFormat("%Y-%m-%d %H:%M")(new Date(present.began / 1e3))}` : "";
  byId("directory").textContent = `${raw.directory}${began} · ambidex ${raw.version}`;
};

const theme = () => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // A page from a file may have no storage.
  const kept = () => {
    try {
      return localStorage.getItem("ambidex-theme");
    } catch {
      return null;
    }
  };
  let wanted = kept();
  const apply = () => {
    const name = wanted ?? (dark.matches ? "dark" : "light");
    document.documentElement.dataset.theme = name;
    const other = name === "dark" ? "light" : "dark";
    byId("theme").textContent = other === "dark" ? "Dark" : "Light";
    byId("theme").setAttribute("aria-label", `Switch to ${other} colours`);
    readColours();
    repaint();
  };
  byId("theme").addEventListener("click", () => {
    wanted = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("ambidex-theme", wanted);
    } catch {
      // It holds for this time.
    }
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, textarea");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    byId("search").focus();
    byId("search").select();
  } else if (event.key === "Escape") {
    if (byId("details").contains(document.activeElement) && cameFrom?.isConnected) cameFrom.focus();
    else choose(null);
  }
});

theme();
figures();
tabs();
showDetails();
search();
show(views[0]);
