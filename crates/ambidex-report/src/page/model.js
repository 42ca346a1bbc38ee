// The build, as the page's other parts ask for it.

const raw = JSON.parse(document.getElementById("data").textContent);
const text = (number) => raw.texts[number];
const texts = (numbers) => numbers.map(text);

const root = raw.directory.endsWith("/") ? raw.directory : raw.directory + "/";
const shown = (path) => (path.startsWith(root) ? path.slice(root.length) : path);
const base = (path) => path.slice(path.lastIndexOf("/") + 1) || path;
const folder = (path) => path.slice(0, path.length - base(path).length);
/// A file name for narrow places: a module without the tag of its Python.
const brief = (path) => base(path).replace(/\.(cpython-[^.]+|pypy[^.]+|abi3)\.so$/, ".so");

const commands = raw.commands.map((packed, index) => {
  const outputs = texts(packed.outputs);
  const kind = text(packed.kind);
  const argv = texts(packed.arguments);
  return {
    index, kind, outputs, argv,
    // A call has a description in place of arguments.
    name: outputs.length ? shown(outputs[0]) : argv.join(" "),
    extensions: texts(packed.extensions),
    directory: text(packed.directory),
    variables: (packed.variables ?? []).map(([name, value]) => [text(name), value === null ? null : text(value)]),
    inputs: packed.inputs.map(([path, writer]) => ({ path: text(path), writer })),
    done: packed.done,
    reason: text(packed.reason),
    duration: packed.duration,
    failed: Boolean(packed.failed),
    temporary: Boolean(packed.temporary),
    bars: [], readers: [], hazards: [],
    critical: false,
  };
});
for (const command of commands) {
  for (const writer of new Set(command.inputs.map((input) => input.writer))) {
    if (writer !== null) commands[writer].readers.push(command.index);
  }
}
for (const index of raw.critical) commands[index].critical = true;

const bars = raw.bars.map((bar) => {
  const command = bar.command === null ? null : commands[bar.command];
  return { ...bar, output: shown(text(bar.output)), command };
});
for (const bar of bars) bar.command?.bars.push(bar);

const waits = raw.waits.map((wait) => ({ ...wait, why: text(wait.why), what: text(wait.what) }));

const hazards = raw.hazards.map((hazard) => {
  const writers = hazard.writers.map(([extension, index]) => ({ extension: text(extension), command: commands[index] }));
  return { ...hazard, path: shown(text(hazard.path)), writers };
});
for (const hazard of hazards) {
  for (const command of new Set(hazard.writers.map((writer) => writer.command))) command.hazards.push(hazard);
}

const headers = raw.headers.map((header) => ({ ...header, path: shown(text(header.path)) }));
const left = raw.left.map((one) => ({ argv: texts(one.arguments), reason: text(one.reason) }));
const past = raw.past;
const present = past[past.length - 1] ?? null;

const lastEnd = Math.max(0, ...[bars, waits].map((list) => d3.max(list, (one) => one.to) ?? 0));
const wall = Math.max(present?.wall ?? 0, lastEnd, 1);
const slots = Math.max(present?.jobs ?? 0, (d3.max(bars, (bar) => bar.slot) ?? -1) + 1, 1);
const rowsOfWaits = (d3.max(waits, (wait) => wait.row) ?? -1) + 1;

/// What a command is, for its colour.
const family = (command) => {
  if (command === null) return "void";
  if (command.failed) return "failed";
  if (command.kind === "compile" || command.kind === "preprocess") return "compile";
  if (command.kind === "link" || command.kind === "compile-and-link") return "link";
  return command.kind === "generate" ? "generate" : "other";
};

const words = { run: "run", reused: "up to date", cached: "from the cache", remote: "from the remote cache" };

/// Formats a time in microseconds.
const time = (micros) => {
  if (micros === null || micros === undefined) return "–";
  if (micros < 1e4) return (micros / 1e3).toFixed(1) + " ms";
  if (micros < 1e6) return Math.round(micros / 1e3) + " ms";
  if (micros < 6e7) return (micros / 1e6).toFixed(micros < 1e7 ? 2 : 1) + " s";
  const seconds = Math.round(micros / 1e6);
  return Math.floor(seconds / 60) + " min " + (seconds % 60) + " s";
};
const count = (number, noun, plural = noun + "s") => number.toLocaleString("en") + " " + (number === 1 ? noun : plural);

/// Quotes an argument as a shell reads it.
const quoted = (argument) =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : "'" + argument.replaceAll("'", "'\\''") + "'";
const line = (command) =>
  command.kind === "generate" ? command.argv.join(" ") : command.argv.map(quoted).join(" ");
