// The views that are tables: hazards, commands by their time, headers by their cost, reasons, and earlier builds.

const ROW = 28;

/// A table of very many rows, of which only those in sight are elements. `cells` returns those of an item.
const grid = (id, label, titles, template, items, cells, pickItem) => {
  const rows = make("div", { class: "rows", tabindex: "0", role: "grid", id, "aria-label": label, "aria-rowcount": items.length });
  const space = make("div", { role: "presentation" });
  space.style.height = items.length * ROW + "px";
  rows.append(space);
  let at = -1;
  const drawn = new Map();
  const fill = () => {
    if (!rows.clientHeight) return;
    const first = Math.max(0, Math.floor(rows.scrollTop / ROW) - 8);
    const last = Math.min(items.length, Math.ceil((rows.scrollTop + rows.clientHeight) / ROW) + 8);
    for (const [number, element] of drawn) {
      if (number < first || number >= last) {
        element.remove();
        drawn.delete(number);
      }
    }
    for (let number = first; number < last; number += 1) {
      if (drawn.has(number)) continue;
      const element = make("div", { class: "line", role: "row", id: `${id}-${number}`, "aria-rowindex": number + 1 },
        cells(items[number]).map((cell) => make("div", { role: "gridcell" }, cell)));
      element.style.gridTemplateColumns = template;
      element.style.top = number * ROW + "px";
      element.addEventListener("click", () => move(number));
      drawn.set(number, element);
      rows.append(element);
    }
    for (const [number, element] of drawn) element.setAttribute("aria-selected", number === at ? "true" : "false");
    if (drawn.has(at)) rows.setAttribute("aria-activedescendant", `${id}-${at}`);
  };
  const move = (number) => {
    at = Math.max(0, Math.min(items.length - 1, number));
    if (at * ROW < rows.scrollTop) rows.scrollTop = at * ROW;
    if ((at + 1) * ROW > rows.scrollTop + rows.clientHeight) rows.scrollTop = (at + 1) * ROW - rows.clientHeight;
    fill();
    if (items.length) pickItem(items[at]);
  };
  rows.addEventListener("scroll", fill);
  rows.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(rows.clientHeight / ROW) - 1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      move(to);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      enterDetails(rows);
    }
  });
  new ResizeObserver(fill).observe(rows);
  const head = make("div", { class: "line titles", "aria-hidden": "true" }, titles.map((title) => make("div", {}, title)));
  head.style.gridTemplateColumns = template;
  return make("div", { class: "grid" }, head, items.length ? rows : make("p", { class: "empty" }, "There are none."));
};

const measure = (value, most, colour = "compile") => {
  const stroke = make("i", {});
  stroke.style.width = (most ? Math.max(0, (90 * value) / most) : 0) + "px";
  stroke.style.setProperty("--c", `var(--${colour})`);
  return make("div", { class: "measure" }, make("span", {}, time(value)), stroke);
};

const slowest = () => {
  const list = d3.sort(commands, (command) => -(command.duration ?? -1));
  const most = list[0]?.duration ?? 0;
  const cells = (command) => [
    command.duration === null ? make("div", { class: "measure" }, make("span", {}, "–")) : measure(command.duration, most, family(command)),
    named(command.name), command.kind, command.extensions.join(", "), command.failed ? "failed" : words[command.done],
  ];
  return make("div", { class: "view full" }, make("section", { class: "panel" },
    make("div", { class: "head" }, make("h2", {}, "Commands by time"), make("p", {}, "The time of a command that did not run is that of its last run.")),
    grid("slowest", "Commands, slowest first", ["Time", "File", "Kind", "Extension", "Obtained"],
      "178px minmax(0, 2.4fr) 76px minmax(0, 1fr) 110px", list, cells, (command) => choose({ command }, false))));
};

const expensive = () => {
  const most = headers[0]?.total ?? 0;
  const cells = (header) => [measure(header.total, most), header.count.toLocaleString("en"), make("span", { class: "path", title: header.path }, header.path)];
  const open = (header) => {
    const rest = header.count - header.readers.length;
    byId("details").replaceChildren(
      make("h2", {}, header.path),
      section("Cost", [`${time(header.total)} in ${count(header.count, "command")}`]),
      section("Slowest commands that read it", header.readers.map((index) =>
        make("span", {}, go(commands[index]), make("span", { class: "dim" }, ` ${time(commands[index].duration)}`)))),
      ...(rest > 0 ? [make("p", { class: "dim" }, `and ${rest.toLocaleString("en")} more`)] : []));
  };
  const table = (list) => grid("headers", "Headers, most expensive first", ["Cost", "Read by", "Header"],
    "178px 60px minmax(0, 1fr)", list, cells, open);
  const own = headers.filter((header) => !header.path.startsWith("/"));
  let all = table(headers);
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => {
    const next = table(box.checked ? own : headers);
    all.replaceWith(next);
    all = next;
  });
  return make("div", { class: "view full" }, make("section", { class: "panel" },
    make("div", { class: "head" }, make("h2", {}, "Headers by cost"),
      make("p", {}, "The cost of a header is the time of all commands that read it."),
      make("label", {}, box, "Only the project’s")),
    all));
};

/// What the build would have done without ambidex, for each hazard.
const danger = (hazard) => {
  const kept = hazard.ordered ? "ambidex ran the commands one after the other, as the serial build does." : "ambidex gave each command an output of its own.";
  const would = hazard.kind === "conflict"
    ? "Different commands write this path. Under setup.py build -j, a module may be linked with the object of another one."
    : "One command writes this path for several extensions. Under setup.py build -j, a link may read a half-written file.";
  return `${would} ${kept}`;
};
const hazardView = () => {
  const cards = hazards.map((hazard) => {
    const all = hazard.writers.map((writer) => new Set(writer.command.argv));
    const own = (argv) => argv.filter((argument) => !all.every((set) => set.has(argument)));
    const rows = hazard.writers.map(({ extension, command }) => make("tr", { class: "go", onclick: () => choose({ command }) },
      make("td", { class: "whole" }, make("button", { type: "button", class: "link" }, extension)),
      make("td", { class: "code" }, own(command.argv).length ? spaced(own(command.argv)) : make("span", { class: "dim" }, "none")),
      make("td", { class: "number" }, time(command.duration))));
    return make("div", { class: "hazard" },
      make("div", { class: "title" }, make("span", { class: "path" }, hazard.path),
        make("span", { class: "tag " + (hazard.kind === "conflict" ? "bad" : "warn") }, hazard.kind),
        make("span", { class: "tag" }, hazard.ordered ? "kept in order" : "renamed")),
      make("p", {}, danger(hazard)),
      make("table", {}, make("thead", {}, make("tr", {}, make("th", {}, "Extension"), make("th", {}, "Arguments that not all have"), make("th", { class: "number" }, "Time"))),
        make("tbody", {}, rows)));
  });
  // Very many would take long to lay out, and nobody reads them all.
  const LIMIT = 200;
  const rest = cards.length - LIMIT;
  return make("div", { class: "view" }, make("section", { class: "panel", id: "hazards" },
    make("div", { class: "head" }, make("h2", {}, "Paths that more than one extension writes"), make("p", {}, "They would have raced under setup.py build -j.")),
    cards.length ? cards.slice(0, LIMIT) : make("p", { class: "empty" }, "No path is written by more than one extension."),
    rest > 0 ? make("p", { class: "empty" }, `and ${rest} more; ambidex check lists all`) : null));
};

const reasons = () => {
  const key = (command) => `${words[command.done]}: ${command.reason}`;
  const rank = { run: 0, remote: 1, cached: 2, reused: 3 };
  const groups = d3.sort(d3.groups(commands, key), ([, list]) => rank[list[0].done], ([, list]) => -list.length);
  const panels = groups.map(([, list]) => {
    const rows = list.slice(0, 60).map((command) => make("tr", { class: "go", onclick: () => choose({ command }) },
      make("td", {}, make("button", { type: "button", class: "link", title: command.name }, brief(command.name)), make("span", { class: "path dim" }, " " + folder(command.name))),
      make("td", { class: "dim" }, command.extensions.join(", ")),
      make("td", { class: "number" }, time(command.duration))));
    if (list.length > 60) rows.push(make("tr", {}, make("td", { class: "dim", colspan: 3 }, `and ${(list.length - 60).toLocaleString("en")} more`)));
    const { done, reason } = list[0];
    return make("section", { class: "panel" },
      make("div", { class: "head" }, make("span", { class: "tag" }, words[done]), make("h2", {}, reason), make("p", {}, count(list.length, "command"))),
      make("table", {}, make("tbody", {}, rows)));
  });
  if (left.length) {
    const rows = left.slice(0, 200).map(({ argv, reason }) => make("tr", {}, make("td", { class: "code path" }, argv.map(quoted).join(" ")), make("td", { class: "dim" }, reason)));
    panels.push(make("section", { class: "panel" },
      make("div", { class: "head" }, make("h2", {}, "Run by Python itself"), make("p", {}, count(left.length, "command"))),
      make("table", {}, make("tbody", {}, rows))));
  }
  return make("div", { class: "view" }, panels);
};

const history = () => {
  const when = d3.timeFormat("%Y-%m-%d %H:%M:%S");
  const rows = [...past].reverse().map((build) => make("tr", { class: build === present ? "this" : "" },
    make("td", { class: "whole" }, when(new Date(build.began / 1e3))),
    ...[time(build.wall), time(build.waited), ...["jobs", "ran", "reused", "cached", "remote", "failed"].map((name) => build[name].toLocaleString("en"))]
      .map((cell) => make("td", { class: "number" }, cell))));
  const titles = ["Wall time", "Python waited", "Jobs", "Run", "Up to date", "Cached", "Remote", "Failed"];
  const table = make("table", {},
    make("thead", {}, make("tr", {}, make("th", {}, "Began"), titles.map((title) => make("th", { class: "number" }, title)))),
    make("tbody", {}, rows));
  const svg = d3.create("svg").attr("viewBox", "0 0 900 150").attr("preserveAspectRatio", "none").attr("role", "img")
    .attr("aria-label", `Wall time of the last ${past.length} builds`);
  const y = d3.scaleLinear([0, d3.max(past, (build) => build.wall) ?? 1], [140, 8]).nice();
  const x = d3.scaleBand(d3.range(Math.max(12, past.length)), [64, 892]).paddingInner(0.25).paddingOuter(0.1);
  svg.append("g").attr("transform", "translate(60,0)").call(d3.axisLeft(y).ticks(4).tickFormat((micros) => d3.format("~g")(micros / 1e6) + " s").tickSizeInner(-832)).call((g) => g.select(".domain").remove());
  const wide = Math.min(x.bandwidth(), 48);
  svg.selectAll("rect").data(past).join("rect").attr("x", (_, i) => x(i) + (x.bandwidth() - wide) / 2).attr("width", wide)
    .attr("y", (build) => y(build.wall)).attr("height", (build) => 140 - y(build.wall)).attr("rx", 2)
    .style("fill", (build) => (build === present ? "var(--accent)" : build.failed ? "var(--failed)" : "var(--other)"))
    .append("title").text((build) => `${when(new Date(build.began / 1e3))}: ${time(build.wall)}`);
  return make("div", { class: "view" }, make("section", { class: "panel", id: "builds" },
    make("div", { class: "head" }, make("h2", {}, "Builds of this tree"), make("p", {}, "the last ones that ambidex remembers")),
    past.length ? make("div", { class: "bars" }, svg.node()) : null, table));
};
