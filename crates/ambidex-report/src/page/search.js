// The search for commands: in their files, extensions and arguments.

const HITS = 50;

const search = () => {
  const [input, list] = [byId("search"), byId("found")];
  // Made when somebody searches, because it takes a while for very many commands.
  let index = null;
  const build = () => {
    index = commands.map((command) => ({
      command,
      names: [command.name, ...command.outputs.map(shown), ...command.extensions].join("\n").toLowerCase(),
      rest: [...command.inputs.map((one) => shown(one.path)), ...command.argv].join("\n").toLowerCase(),
    }));
  };
  let hits = [];
  let at = 0;
  const mark = () => {
    [...list.children].forEach((element, number) => element.setAttribute("aria-selected", number === at ? "true" : "false"));
    input.setAttribute("aria-activedescendant", hits.length ? `hit-${at}` : "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const take = (command) => {
    close();
    choose({ command });
  };
  const find = () => {
    if (!index) build();
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!wanted.length) return close();
    const has = (part) => wanted.every((word) => part.includes(word));
    const byName = index.filter((one) => has(one.names));
    // The rest is asked only if names are not enough.
    const others = byName.length >= HITS ? [] : index.filter((one) => !has(one.names) && has(one.names + "\n" + one.rest));
    hits = [...byName, ...others].slice(0, HITS).map((one) => one.command);
    at = 0;
    const rows = hits.map((command, number) => make("div", {
      class: "hit", role: "option", id: `hit-${number}`, onpointerdown: (event) => {
        event.preventDefault();
        take(command);
      },
    }, make("span", { class: "path" }, command.name),
    make("small", {}, [command.kind, command.extensions.join(", "), words[command.done]].filter(Boolean).join(" · "))));
    list.replaceChildren(...(rows.length ? rows : [make("p", { class: "empty" }, "Nothing found.")]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark();
  };
  input.addEventListener("input", find);
  input.addEventListener("focus", () => {
    if (input.value) find();
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) find();
      at = hits.length ? (at + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % hits.length : 0;
      mark();
    } else if (event.key === "Enter" && !list.hidden && hits.length) {
      event.preventDefault();
      take(hits[at]);
      focusView();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (list.hidden || !input.value) focusView();
      input.value = "";
      close();
    }
  });
};
