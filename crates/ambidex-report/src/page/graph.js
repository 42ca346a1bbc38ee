// The graph of commands: a column for each level, what a command reads to its left, what reads it to its right.

const TILE = { width: 168, height: 24, across: 12, down: 8, level: 72 };

/// The height for the name of a group, and the space between groups.
const NAME = 26;
const BETWEEN = 56;
/// A larger graph is shown in parts.
const LARGE = 80;

/// Returns the parts of a graph in program order: what hangs together, and in a large part what is for one extension.
const parts = (nodes) => {
  const above = new Map(nodes.map((node) => [node.index, node.index]));
  const first = (index) => {
    let at = index;
    while (above.get(at) !== at) {
      above.set(at, above.get(above.get(at)));
      at = above.get(at);
    }
    return at;
  };
  for (const node of nodes) {
    for (const { writer } of node.inputs) {
      if (writer !== null && above.has(writer)) above.set(first(node.index), first(writer));
    }
  }
  const extension = (node) => node.extensions[0] ?? "";
  if (nodes.length <= LARGE) return [["", nodes]];
  return d3.groups(nodes, (node) => first(node.index))
    .flatMap(([, part]) => (part.length > LARGE ? d3.groups(part, extension) : [[extension(part[0]), part]]));
};

/// Gives each command a place, part by part, in rows of parts that together fit a box of this shape.
const arrange = (nodes, shape) => {
  const laid = parts(nodes).map(([name, part]) => ({ name, ...layout(part, 1.6) }));
  const head = laid.length > 1 ? NAME : 0;
  const area = d3.sum(laid, (part) => (part.width + BETWEEN) * (part.height + head + BETWEEN));
  const wide = Math.max(Math.sqrt(area * shape), d3.max(laid, (part) => part.width) ?? 0);
  const plan = { places: [], groups: [], width: 0, height: 0 };
  let [left, top, tall] = [0, 0, 0];
  for (const part of laid) {
    if (left && left + part.width > wide) [left, top, tall] = [0, top + tall + BETWEEN, 0];
    if (head) plan.groups.push({ name: part.name, x: left, y: top, width: part.width });
    for (const place of part.places) plan.places.push({ ...place, x: place.x + left, y: place.y + top + head });
    plan.width = Math.max(plan.width, left + part.width);
    tall = Math.max(tall, part.height + head);
    plan.height = top + tall;
    left += part.width + BETWEEN;
  }
  return plan;
};

/// Gives each command of a part a place. Commands of one level stand in as many columns as make the whole fit a box of this shape.
const layout = (nodes, shape) => {
  const level = new Map();
  for (const node of nodes) {
    const before = node.inputs.map((input) => (input.writer === null ? -1 : level.get(input.writer) ?? -1));
    level.set(node.index, Math.max(-1, ...before) + 1);
  }
  // What nothing has made and only late commands read stands right before these.
  for (const node of [...nodes].reverse()) {
    const after = node.readers.map((reader) => level.get(reader)).filter((one) => one !== undefined);
    if (after.length) level.set(node.index, Math.max(level.get(node.index), Math.min(...after) - 1));
  }
  const levels = d3.groups(nodes, (node) => level.get(node.index)).sort((a, b) => a[0] - b[0]).map(([, list]) => list);
  // From the right to the left, next to their first readers.
  const order = new Map(nodes.map((node) => [node.index, node.index]));
  for (const list of [...levels].reverse()) {
    const key = (node) => d3.mean(node.readers.filter((reader) => order.has(reader)), (reader) => order.get(reader)) ?? order.get(node.index);
    const sorted = d3.sort(list, key);
    sorted.forEach((node, place) => order.set(node.index, place * (nodes.length / sorted.length)));
    list.splice(0, list.length, ...sorted);
  }
  const size = (rows) => {
    const columns = d3.sum(levels, (list) => Math.ceil(list.length / rows));
    return [columns * (TILE.width + TILE.across) + (levels.length - 1) * TILE.level, rows * (TILE.height + TILE.down)];
  };
  const most = d3.max(levels, (list) => list.length) ?? 1;
  let rows = 1;
  while (rows < most && size(rows)[0] / size(rows)[1] > shape) rows += 1;
  const places = [];
  let left = 0;
  for (const list of levels) {
    const columns = Math.ceil(list.length / rows);
    const tall = Math.ceil(list.length / columns);
    list.forEach((command, place) => {
      const column = Math.floor(place / tall);
      const above = (rows - tall) / 2 + (place % tall);
      places.push({ command, x: left + column * (TILE.width + TILE.across), y: above * (TILE.height + TILE.down) });
    });
    left += columns * (TILE.width + TILE.across) + TILE.level;
  }
  const [width, height] = size(rows);
  return { places, width, height };
};

const graph = () => {
  const nodes = commands.filter((command) => !command.temporary);
  const canvas = make("canvas", { "aria-hidden": "true" });
  const box = make("div", {
    class: "canvas", id: "graph", tabindex: "0", role: "group", "aria-roledescription": "graph",
    "aria-label": `Graph of ${count(nodes.length, "command")}. Left and right go to what a command reads and to what reads it, up and down to its neighbours.`,
  }, canvas);
  let plan = null;
  let places = new Map();
  let tree = null;
  let transform = d3.zoomIdentity;
  const edges = nodes.flatMap((node) => [...new Set(node.inputs.map((input) => input.writer))]
    .filter((writer) => writer !== null && !commands[writer].temporary).map((writer) => [writer, node.index]));
  // More edges than this are a grey cloud: then only those of the selected command are drawn.
  const drawsAll = edges.length <= 1500;

  const zoom = d3.zoom().scaleExtent([0.02, 3]).on("zoom", (event) => {
    transform = event.transform;
    draw();
  });
  const surface = d3.select(box).call(zoom).on("dblclick.zoom", null);
  const fit = () => {
    const [width, height] = [box.clientWidth, box.clientHeight];
    const k = Math.min(1, (width - 32) / plan.width, (height - 32) / plan.height);
    surface.call(zoom.transform, d3.zoomIdentity.translate((width - plan.width * k) / 2, (height - plan.height * k) / 2).scale(k));
  };
  const prepare = () => {
    plan = arrange(nodes, box.clientWidth / Math.max(1, box.clientHeight));
    places = new Map(plan.places.map((place) => [place.command.index, place]));
    tree = d3.quadtree(plan.places, (place) => place.x + TILE.width / 2, (place) => place.y + TILE.height / 2);
    fit();
    if (choice.command) reveal(choice.command);
  };

  const curve = (c, [from, to]) => {
    const [a, b] = [places.get(from), places.get(to)];
    if (!a || !b) return;
    const [left, right] = [a.x + TILE.width, b.x];
    const [above, below] = [a.y + TILE.height / 2, b.y + TILE.height / 2];
    const bend = Math.max(24, (right - left) / 2);
    c.moveTo(left, above);
    c.bezierCurveTo(left + bend, above, right - bend, below, right, below);
  };

  const draw = () => {
    if (!box.isConnected || !box.clientWidth) return;
    if (!plan) return prepare();
    const [width, height] = [box.clientWidth, box.clientHeight];
    const c = context(canvas, width, height);
    const { k } = transform;
    c.translate(transform.x, transform.y);
    c.scale(k, k);
    if (drawsAll) {
      c.beginPath();
      for (const edge of edges) curve(c, edge);
      c.strokeStyle = colours.edge;
      c.globalAlpha = edges.length > 300 ? 0.45 : 0.8;
      c.lineWidth = 1;
      c.stroke();
      c.globalAlpha = 1;
    }
    const chosen = choice.command;
    const near = chosen ? new Set([chosen.index, ...chosen.readers, ...chosen.inputs.map((input) => input.writer)]) : null;
    const [x0, y0] = transform.invert([0, 0]);
    const [x1, y1] = transform.invert([width, height]);
    c.font = `11px ${colours.sans}`;
    c.textBaseline = "middle";
    for (const { command, x, y } of plan.places) {
      if (x + TILE.width < x0 || x > x1 || y + TILE.height < y0 || y > y1) continue;
      c.globalAlpha = near && !near.has(command.index) ? 0.35 : 1;
      const colour = colours[family(command)];
      const isNew = command.done !== "reused";
      if (k < 0.35) {
        c.fillStyle = isNew ? colour : colours.void;
        c.fillRect(x, y, TILE.width, TILE.height);
        continue;
      }
      c.beginPath();
      c.roundRect(x, y, TILE.width, TILE.height, 4);
      c.fillStyle = colours.row;
      c.fill();
      c.strokeStyle = command.critical ? colours.critical : colours.line;
      c.lineWidth = command.critical ? 1.5 : 1;
      c.stroke();
      c.fillStyle = colour;
      c.globalAlpha *= isNew ? 1 : 0.4;
      c.beginPath();
      c.roundRect(x, y, 5, TILE.height, [4, 0, 0, 4]);
      c.fill();
      c.globalAlpha = near && !near.has(command.index) ? 0.35 : 1;
      if (k > 0.5) {
        c.fillStyle = isNew ? colours.ink : colours.dim;
        c.fillText(fitted(c, brief(command.name), TILE.width - 20), x + 12, y + TILE.height / 2 + 0.5);
      }
    }
    c.globalAlpha = 1;
    c.fillStyle = colours.dim;
    c.font = `${Math.min(12 / k, NAME * 1.6)}px ${colours.sans}`;
    for (const group of plan.groups) {
      if (k > 0.12 && group.x < x1 && group.x + group.width > x0) c.fillText(fitted(c, group.name, group.width), group.x, group.y + NAME / 2);
    }
    if (chosen && places.has(chosen.index)) {
      c.beginPath();
      for (const input of chosen.inputs) if (input.writer !== null) curve(c, [input.writer, chosen.index]);
      for (const reader of chosen.readers) curve(c, [chosen.index, reader]);
      c.strokeStyle = colours.accent;
      c.lineWidth = Math.max(1.5, 1 / k);
      c.stroke();
      const place = places.get(chosen.index);
      c.beginPath();
      c.roundRect(place.x - 2, place.y - 2, TILE.width + 4, TILE.height + 4, 5);
      c.lineWidth = Math.max(2, 2 / k);
      c.stroke();
    }
  };
  painters.add(draw);

  const nodeAt = (event) => {
    if (!tree) return null;
    const { left, top } = box.getBoundingClientRect();
    const [x, y] = transform.invert([event.clientX - left, event.clientY - top]);
    const found = tree.find(x, y, TILE.width);
    const isIn = found && x >= found.x && x <= found.x + TILE.width && y >= found.y && y <= found.y + TILE.height;
    return isIn ? found.command : null;
  };
  box.addEventListener("pointermove", (event) => tipOf(event, event.buttons ? null : nodeAt(event)));
  box.addEventListener("pointerleave", (event) => tip(event, null));
  box.addEventListener("click", (event) => {
    const command = nodeAt(event);
    choose(command ? { command } : null, false);
  });
  const reveal = (command) => {
    const place = places.get(command.index);
    if (!place) return;
    const [x, y] = transform.apply([place.x + TILE.width / 2, place.y + TILE.height / 2]);
    const isSeen = x > 60 && y > 30 && x < box.clientWidth - 60 && y < box.clientHeight - 30;
    if (isSeen && transform.k > 0.5) return;
    zoom.scaleTo(surface, Math.max(transform.k, 0.8));
    zoom.translateTo(surface, place.x + TILE.width / 2, place.y + TILE.height / 2);
  };
  listeners.push((wanted) => {
    if (wanted && choice.command && plan && box.clientWidth) reveal(choice.command);
  });

  /// Returns the next command in this direction: one that it reads or that reads it, else its neighbour.
  const next = (key) => {
    const here = choice.command && places.get(choice.command.index);
    if (!here) return plan.places[0]?.command;
    const at = plan.places.indexOf(here);
    if (key === "ArrowUp") return plan.places[at - 1]?.command;
    if (key === "ArrowDown") return plan.places[at + 1]?.command;
    const linked = key === "ArrowRight" ? here.command.readers : here.command.inputs.map((input) => input.writer);
    const there = linked.map((index) => places.get(index)).filter(Boolean);
    return d3.least(there, (place) => Math.abs(place.y - here.y))?.command;
  };
  box.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow") && plan) {
      event.preventDefault();
      const command = next(event.key);
      if (command) choose({ command });
    } else if (event.key === "+" || event.key === "=" || event.key === "-") {
      zoom.scaleBy(surface, event.key === "-" ? 1 / 1.4 : 1.4);
    } else if (event.key === "0" && plan) {
      fit();
    } else if (event.key === "Enter" && choice.command) {
      event.preventDefault();
      enterDetails(box);
    }
  });
  new ResizeObserver(() => {
    if (box.clientWidth) plan = null;
    repaint();
  }).observe(box);
  const notes = [["compile", "compile"], ["link", "link"], ["generate", "generate"], ["other", "other"]]
    .filter(([kind]) => nodes.some((node) => family(node) === kind));
  if (raw.critical.length) notes.push(["critical", "critical path", "hollow"]);
  return make("div", { class: "view full" }, make("section", { class: "panel" },
    make("div", { class: "head" }, make("h2", {}, `${count(nodes.length, "command")}, ${count(edges.length, "dependency", "dependencies")}`),
      legend(...notes)),
    nodes.length ? box : make("p", { class: "empty" }, "Nothing was recorded.")));
};
