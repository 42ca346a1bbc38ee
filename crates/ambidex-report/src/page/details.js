// The panel that says everything about the selected command or wait.

const go = (command, label) =>
  make("button", { type: "button", class: "link", onclick: () => choose({ command }) }, label ?? command.name);

const section = (title, content, action = null) => {
  const isEmpty = Array.isArray(content) && content.length === 0;
  if (isEmpty) return null;
  const body = Array.isArray(content) ? make("ul", {}, content.map((one) => make("li", {}, one))) : content;
  return make("section", {}, make("h3", {}, make("span", {}, title), action), body);
};

/// How many entries of a list are shown at first.
const FIRST = 40;
const some = (list, entry) => {
  const entries = list.slice(0, FIRST).map(entry);
  const rest = list.length - FIRST;
  return rest > 0 ? [...entries, make("span", { class: "dim" }, `and ${rest.toLocaleString("en")} more`)] : entries;
};

/// Arguments that are broken into lines between them, not within them.
const spaced = (argv, isLine = true) =>
  argv.flatMap((argument) => [make("span", { class: "argument" }, isLine ? quoted(argument) : argument), " "]);

const copyButton = (words) => {
  const button = make("button", { type: "button", class: "plain small" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(words);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
  });
  return button;
};

const path = (words) => make("span", { class: "path" }, shown(words));

const ofCommand = (command) => {
  const { done, failed, temporary, critical, extensions } = command;
  const tag = (words, kind = "") => make("span", { class: "tag " + kind }, words);
  const tags = [tag(command.kind), tag(failed ? "failed" : words[done], failed ? "bad" : "")];
  if (critical) tags.push(tag("critical path", "warn"));
  if (command.hazards.length) tags.push(tag("hazard", "warn"));
  if (temporary) tags.push(tag("temporary"));
  const when = command.bars.map((bar) =>
    `${time(bar.to - bar.from)} in job ${bar.slot + 1}, from ${time(bar.from)} to ${time(bar.to)}`);
  const ran = when.length ? when : [command.duration === null ? "not known" : `${time(command.duration)} when it last ran`];
  const input = ({ path: file, writer }) => (writer === null ? path(file) : go(commands[writer], shown(file)));
  const variable = ([name, value]) => make("span", { class: "path" }, value === null ? `${name} unset` : `${name}=${value}`);
  return [
    make("h2", {}, command.name),
    make("div", { class: "tags" }, tags),
    section("Why", make("p", {}, `${words[done]}: ${command.reason}`)),
    section("Time", ran),
    section(extensions.length === 1 ? "Extension" : "Extensions", some(extensions, (name) => name)),
    section("Command", make("pre", { class: "code", tabindex: "0", "aria-label": "Command" }, spaced(command.argv, command.kind !== "generate")),
      copyButton(line(command))),
    section("Working directory", [path(command.directory)].filter(() => command.directory + "/" !== root)),
    section("Environment", command.variables.map(variable)),
    section("Reads", some(command.inputs, input)),
    section("Writes", command.outputs.map(path)),
    section("Read by", some(command.readers, (reader) => go(commands[reader]))),
    section("Would have raced", command.hazards.map((hazard) =>
      `${hazard.path}: also written for ${[...new Set(hazard.writers.map((writer) => writer.extension))].join(", ")}`)),
  ];
};

const ofWait = (wait) => [
  make("h2", {}, `Python waited ${time(wait.to - wait.from)}`),
  section("Why", make("p", {}, `It ${wait.why}.`)),
  section("What", [path(wait.what)].filter(() => wait.what)),
  section("When", [`from ${time(wait.from)} to ${time(wait.to)}`]),
];

const keys = [
  ["/", "search"],
  ["← → ↑ ↓", "to the next command in a view; in the graph to what a command reads, and to what reads it"],
  ["Enter", "to the details, and Escape back"],
  ["+ − 0", "zoom in, out, and all"],
];
const nothing = () => [
  make("div", { class: "hint" },
    make("p", {}, "Select a command to see its arguments, what it reads and writes, and why it ran."),
    make("dl", {}, keys.flatMap(([key, what]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, what)]))),
];

const showDetails = () => {
  const panel = byId("details");
  const content = choice.command ? ofCommand(choice.command) : choice.wait ? ofWait(choice.wait) : nothing();
  panel.replaceChildren(...content.filter((part) => part !== null));
  panel.scrollTop = 0;
};
listeners.push(showDetails);
