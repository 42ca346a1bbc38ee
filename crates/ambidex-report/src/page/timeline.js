// The timeline: a row for each job slot, and one for what Python waited for.

const GUTTER = 96;
const AXIS = 26;
const PAD = 8;

const timeline = () => {
  const height = Math.max(14, Math.min(30, Math.floor(420 / (slots + rowsOfWaits))));
  const rows = [];
  for (let row = 0; row < rowsOfWaits; row += 1) {
    rows.push({ name: row ? "" : "Python waits", items: waits.filter((wait) => wait.row === row).map((wait) => ({ ...wait, wait })) });
  }
  for (let slot = 0; slot < slots; slot += 1) {
    rows.push({ name: `job ${slot + 1}`, items: bars.filter((bar) => bar.slot === slot).map((bar) => ({ ...bar, bar })) });
  }
  for (const row of rows) row.items.sort((a, b) => a.from - b.from);
  const top = (row) => AXIS + PAD + row * height + (row >= rowsOfWaits && rowsOfWaits ? 6 : 0);
  const total = top(rows.length - 1) + height + PAD;

  const canvas = make("canvas", { "aria-hidden": "true" });
  const box = make("div", {
    class: "canvas", id: "timeline", tabindex: "0", role: "group", "aria-roledescription": "timeline",
    "aria-label": `Timeline of ${count(bars.length, "command")} in ${count(slots, "job")}. Arrow keys go from command to command.`,
  }, canvas);
  box.style.height = Math.min(total, 520) + "px";
  const spacer = make("div", {});
  spacer.style.height = total + "px";
  box.append(spacer);
  canvas.style.pointerEvents = "none";

  let width = 600;
  let transform = d3.zoomIdentity;
  const scale = d3.scaleLinear();
  const x = () => transform.rescaleX(scale.domain([0, wall]).range([GUTTER, width - 16]));
  const isChosen = (item) => (item.bar ? item.bar.command !== null && item.bar.command === choice.command : item.wait === choice.wait);

  const drawItem = (c, item, left, right, y) => {
    const tall = height - (height > 18 ? 6 : 3);
    const wide = Math.max(1, right - left - (right - left > 3 ? 1 : 0));
    const command = item.bar?.command ?? null;
    c.fillStyle = item.wait ? colours[item.last ? "rest" : "wait"] : colours[family(command)];
    const isHollow = command !== null && (command.done === "cached" || command.done === "remote");
    c.globalAlpha = isHollow ? 0.35 : 1;
    if (wide > 4) {
      c.beginPath();
      c.roundRect(left, y, wide, tall, Math.min(3, wide / 2));
      c.fill();
    } else {
      c.fillRect(left, y, wide, tall);
    }
    c.globalAlpha = 1;
    if (isHollow && wide > 4) {
      c.strokeStyle = c.fillStyle;
      c.lineWidth = 1.5;
      c.strokeRect(left + 0.75, y + 0.75, wide - 1.5, tall - 1.5);
    }
    if (command?.critical) {
      c.fillStyle = colours.critical;
      c.fillRect(left, y + tall - 1, wide, 3);
    }
    if (wide > 34 && height > 16) {
      c.fillStyle = isHollow ? colours.ink : colours["on-bar"];
      const from = Math.max(left, GUTTER) + 6;
      const label = fitted(c, item.wait ? item.why : brief(item.output), Math.min(right, width - 16) - from - 6);
      if (label) c.fillText(label, from, y + tall / 2 + 0.5);
    }
    if (isChosen(item)) {
      c.strokeStyle = colours.accent;
      c.lineWidth = 2;
      c.beginPath();
      c.roundRect(left - 2, y - 2, wide + 4, tall + 4, 4);
      c.stroke();
    }
  };

  const draw = () => {
    if (!box.isConnected || !box.clientWidth) return;
    width = box.clientWidth;
    const seen = box.clientHeight;
    const scrolled = box.scrollTop;
    canvas.style.transform = `translateY(${scrolled}px)`;
    const c = context(canvas, width, seen);
    c.font = `11px ${colours.sans}`;
    c.textBaseline = "middle";
    const at = x();
    c.save();
    c.beginPath();
    c.rect(GUTTER - 3, AXIS, width - GUTTER + 3, seen - AXIS);
    c.clip();
    const ticks = at.ticks(Math.max(2, Math.floor((width - GUTTER) / 90)));
    c.fillStyle = colours.line;
    for (const tick of ticks) c.fillRect(Math.round(at(tick)), AXIS, 1, seen);
    rows.forEach((row, number) => {
      const y = top(number) - scrolled;
      if (y + height < AXIS || y > seen) return;
      let covered = -Infinity;
      for (const item of row.items) {
        const [from, to] = [at(item.from), at(item.to)];
        // What is narrower than a pixel and lies on one that is drawn already can't be seen.
        if (to < GUTTER || from > width || (to < covered + 0.7 && !isChosen(item))) continue;
        drawItem(c, item, from, to, y + 2);
        covered = Math.max(to, from + 0.7);
      }
    });
    c.restore();
    c.fillStyle = colours.panel;
    c.fillRect(0, 0, width, AXIS);
    c.fillStyle = colours.line;
    c.fillRect(0, AXIS - 1, width, 1);
    c.fillStyle = colours.dim;
    c.textAlign = "center";
    const unit = ticks.length > 1 && ticks[1] - ticks[0] < 1e4 ? (t) => (t / 1e3).toFixed(1) + " ms" : (t) => d3.format("~g")(t / 1e6) + " s";
    for (const tick of ticks) if (at(tick) >= GUTTER - 1) c.fillText(unit(tick), at(tick), AXIS / 2);
    c.textAlign = "left";
    rows.forEach((row, number) => {
      const y = top(number) - scrolled + height / 2;
      if (y > AXIS) c.fillText(row.name, 12, y - 1);
    });
  };
  painters.add(draw);

  const itemAt = (event) => {
    const { left, top: above } = box.getBoundingClientRect();
    const y = event.clientY - above + box.scrollTop;
    const number = rows.findIndex((_, row) => y >= top(row) && y < top(row) + height);
    if (number < 0 || event.clientX - left < GUTTER) return null;
    const at = x();
    const near = at.invert(event.clientX - left);
    const slack = at.invert(event.clientX - left + 2) - near;
    return rows[number].items.find((item) => item.from - slack <= near && near <= item.to + slack) ?? null;
  };
  const pick = (item) => choose(item.wait ? { wait: item.wait } : item.bar.command ? { command: item.bar.command } : null, false);
  box.addEventListener("pointermove", (event) => {
    const item = itemAt(event);
    if (!item) tip(event, null);
    else if (item.wait) tip(event, `Python waited ${time(item.to - item.from)}`, [`it ${item.why}`, item.what].filter(Boolean));
    else if (item.bar.command) tipOf(event, item.bar.command);
    else tip(event, item.output, ["cancelled: Python went back to before this command"]);
  });
  box.addEventListener("pointerleave", (event) => tip(event, null));
  box.addEventListener("click", (event) => {
    const item = itemAt(event);
    if (item) pick(item);
  });
  box.addEventListener("scroll", draw);

  const zoom = d3.zoom().scaleExtent([1, 2000])
    .filter((event) => (event.type === "wheel" ? event.ctrlKey || event.metaKey || event.shiftKey : !event.button && event.type !== "dblclick"))
    .on("zoom", (event) => {
      transform = event.transform;
      draw();
    });
  const surface = d3.select(box).call(zoom).on("dblclick.zoom", null);
  const limit = () => zoom.extent([[GUTTER, 0], [box.clientWidth - 16, 1]]).translateExtent([[GUTTER, 0], [box.clientWidth - 16, 1]]);
  const reveal = (item) => {
    limit();
    const at = x();
    const middle = (at(item.from) + at(item.to)) / 2;
    if (middle < GUTTER || middle > width - 16) zoom.translateTo(surface, scale((item.from + item.to) / 2), 0);
    const row = rows.findIndex((one) => one.items.includes(item));
    const y = top(row);
    if (y - AXIS < box.scrollTop) box.scrollTop = y - AXIS - PAD;
    if (y + height > box.scrollTop + box.clientHeight) box.scrollTop = y + height - box.clientHeight;
  };

  const chosen = () => {
    for (const [number, row] of rows.entries()) {
      const index = row.items.findIndex(isChosen);
      if (index >= 0) return [number, index];
    }
    return null;
  };
  /// Returns the item of the nearest row above or below that has one, at about the same time.
  const beside = (number, step, middle) => {
    for (let row = number + step; row >= 0 && row < rows.length; row += step) {
      const found = d3.least(rows[row].items, (item) => Math.max(item.from - middle, middle - item.to, 0));
      if (found) return found;
    }
    return null;
  };
  box.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (steps) {
      event.preventDefault();
      const here = chosen();
      const first = rows.find((row) => row.items.length && !row.items[0].wait) ?? rows.find((row) => row.items.length);
      let next = first?.items[0];
      if (here) {
        const [number, index] = here;
        const item = rows[number].items[index];
        next = steps[0] ? beside(number, steps[0], (item.from + item.to) / 2) : rows[number].items[index + steps[1]];
        // A cancelled command can't be selected.
        while (next?.bar && !next.bar.command) next = steps[0] ? null : rows[number].items[rows[number].items.indexOf(next) + steps[1]];
      }
      if (next) {
        pick(next);
        reveal(next);
      }
    } else if (event.key === "+" || event.key === "=" || event.key === "-") {
      limit();
      zoom.scaleBy(surface, event.key === "-" ? 1 / 1.6 : 1.6);
    } else if (event.key === "0") {
      surface.call(zoom.transform, d3.zoomIdentity);
    } else if (event.key === "Enter" && (choice.command || choice.wait)) {
      event.preventDefault();
      enterDetails(box);
    }
  });
  listeners.push((wanted) => {
    const here = wanted && box.isConnected && box.clientWidth ? chosen() : null;
    if (here) reveal(rows[here[0]].items[here[1]]);
  });
  new ResizeObserver(() => {
    if (box.clientWidth) limit();
    repaint();
  }).observe(box);

  const kinds = [["compile", "compile"], ["link", "link"], ["generate", "generate"], ["other", "other"], ["failed", "failed"]]
    .filter(([kind]) => bars.some((bar) => bar.command && family(bar.command) === kind));
  if (bars.some((bar) => bar.command?.done === "cached" || bar.command?.done === "remote")) kinds.push(["other", "from a cache", "hollow"]);
  if (bars.some((bar) => !bar.command)) kinds.push(["void", "cancelled"]);
  if (waits.some((wait) => !wait.last)) kinds.push(["wait", "Python waits"]);
  if (waits.some((wait) => wait.last)) kinds.push(["rest", "Python has nothing left to do"]);
  if (raw.critical.length) kinds.push(["critical", "critical path", "line"]);
  const chart = make("section", { class: "panel" },
    make("div", { class: "head" }, make("h2", {}, "Job slots"), legend(...kinds)),
    bars.length || waits.length ? box : make("p", { class: "empty" }, "Nothing ran: everything was up to date."));
  return make("div", { class: "view" }, chart, make("div", { class: "columns" }, chainTable(), waitTable()));
};

/// The commands of the critical path.
const chainTable = () => {
  const chain = raw.critical.map((index) => commands[index]);
  const spent = (command) => d3.sum(command.bars, (bar) => bar.to - bar.from);
  const rows = chain.map((command) => make("tr", { class: "go", onclick: () => choose({ command }) },
    make("td", { class: "number" }, time(spent(command))),
    make("td", {}, make("button", { type: "button", class: "link", title: command.name }, brief(command.name)),
      make("div", { class: "dim small" }, [command.kind, ...command.extensions.slice(0, 3)].join(" · ")))));
  return make("section", { class: "panel" },
    make("div", { class: "head" }, make("h2", {}, "Critical path"), make("p", {}, chain.length ? time(d3.sum(chain, spent)) : "")),
    rows.length ? make("table", {}, make("tbody", {}, rows)) : make("p", { class: "empty" }, "Nothing ran."));
};

/// The waits, longest first.
const waitTable = () => {
  const longest = d3.sort(waits, (wait) => wait.from - wait.to).slice(0, 100);
  const rows = longest.map((wait) => make("tr", { class: "go", onclick: () => choose({ wait }) },
    make("td", { class: "number" }, time(wait.to - wait.from)),
    make("td", {}, make("button", { type: "button", class: "link" }, "it " + wait.why),
      wait.what ? make("div", { class: "path dim" }, wait.what.length > 160 ? shown(wait.what).slice(0, 160) + "…" : shown(wait.what)) : null)));
  return make("section", { class: "panel" },
    make("div", { class: "head" }, make("h2", {}, "What Python waited for"), make("p", {}, waits.length ? count(waits.length, "wait") : "")),
    rows.length ? make("table", {}, make("tbody", {}, rows)) : make("p", { class: "empty" }, "Python waited for nothing."));
};
