// Elements, colours, the tooltip, and what is selected.

/// Makes an element. Whatever is text becomes a text node, so no name of a file can become an element.
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
};
const byId = (id) => document.getElementById(id);

/// A path with its file name in front, for lists in which paths are cut off.
const named = (path) => make("span", { class: "path", title: path }, brief(path), make("span", { class: "dim" }, "  " + folder(path)));

/// The colours of the present theme, for canvases.
const colours = {};
const readColours = () => {
  const style = getComputedStyle(document.documentElement);
  const names = ["panel", "ink", "dim", "faint", "line", "row", "accent", "chosen", "compile", "link", "generate", "other",
    "failed", "void", "wait", "rest", "critical", "on-bar", "edge", "sans"];
  for (const name of names) colours[name] = style.getPropertyValue("--" + name).trim();
};

/// Calls these when what they show is out of date: on a change of the selection, the theme or the size.
const painters = new Set();
let painting = false;
const repaint = () => {
  if (painting) return;
  painting = true;
  requestAnimationFrame(() => {
    painting = false;
    for (const paint of painters) paint();
  });
};

const choice = { command: null, wait: null };
const listeners = [];
/// Selects a command, a wait, or nothing. `reveal` says whether views should move so that it can be seen.
const choose = (next, reveal = true) => {
  choice.command = next?.command ?? null;
  choice.wait = next?.wait ?? null;
  for (const listen of listeners) listen(reveal);
  const told = choice.command
    ? `${choice.command.name}, ${choice.command.kind}, ${words[choice.command.done]}, ${time(choice.command.duration)}`
    : choice.wait ? `Python waited ${time(choice.wait.to - choice.wait.from)}: it ${choice.wait.why}` : "";
  byId("live").textContent = told;
  repaint();
};

/// Shows or hides the tooltip.
const tip = (event, title, lines = []) => {
  const box = byId("tip");
  box.hidden = !title;
  if (!title) return;
  box.replaceChildren(make("b", {}, title), ...lines.map((one) => make("div", {}, one)));
  const { width, height } = box.getBoundingClientRect();
  box.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8)) + "px";
  box.style.top = Math.max(4, Math.min(event.clientY + 16, innerHeight - height - 8)) + "px";
};
const tipOf = (event, command) => {
  if (!command) return tip(event, null);
  const names = command.extensions.join(", ");
  return tip(event, command.name, [
    `${command.kind}, ${words[command.done]}, ${time(command.duration)}`,
    ...(names ? [names] : []),
    ...(command.critical ? ["on the critical path"] : []),
  ]);
};

/// Makes a canvas fit its box, in real pixels. Returns its context, with a coordinate for each pixel of the page.
const context = (canvas, width, height) => {
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
  }
  const c = canvas.getContext("2d");
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, width, height);
  return c;
};

/// Shortens a text to a width, at its end.
const fitted = (c, words, width) => {
  if (c.measureText(words).width <= width) return words;
  let [low, high] = [0, words.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (c.measureText(words.slice(0, middle) + "…").width <= width) low = middle;
    else high = middle - 1;
  }
  return low > 1 ? words.slice(0, low) + "…" : "";
};

const legend = (...items) =>
  make("div", { class: "legend" }, items.map(([colour, word, shape]) => {
    const mark = make("i", { class: shape });
    mark.style.setProperty("--c", `var(--${colour})`);
    return make("span", {}, mark, word);
  }));
