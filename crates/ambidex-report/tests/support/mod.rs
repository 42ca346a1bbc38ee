//! A browser with a page of a large build in it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ambidex_report::{Bar, Build, Command, Done, Header, Input, Past, Wait, html};
use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::{Browser, LaunchOptions, Tab};

/// The number of commands of one extension: its compilations, and a link.
pub const EACH: usize = 50;

/// Returns a build of this many commands. Each extension compiles `src/common.c` with a macro of its own.
pub fn build(commands: usize) -> Build {
    let mut build =
        Build { version: "1.2.3".to_owned(), directory: "/home/me/project".to_owned(), ..Build::default() };
    for index in 0..commands {
        let (extension, at) = (index / EACH, index % EACH);
        build.commands.push(command(extension, at, index));
        let slot = index % 8;
        let from = index as u64 / 8 * 40_000 + slot as u64 * 1000;
        let to = from + 20_000 + (index as u64 * 7919) % 19_000;
        build.bars.push(Bar {
            slot: u32::try_from(slot).unwrap(),
            from,
            to,
            command: Some(index),
            output: build.commands[index].outputs[0].clone(),
        });
    }
    let readers = |header: usize| (0..commands).filter(|index| index % (header + 1) == 0).collect();
    let header = |number| Header { path: format!("/usr/include/h{number}.h"), readers: readers(number) };
    build.headers = (0..300).map(header).collect();
    let wait = |number: u64| Wait {
        program: 0,
        why: "looked at a pending output".to_owned(),
        what: format!("build/lib/ext_{number}.so"),
        from: number * 900_000,
        to: number * 900_000 + 300_000,
        is_last: number == 19,
    };
    build.waits = (0..20).map(wait).collect();
    let wall = commands as u64 / 8 * 40_000 + 60_000;
    let ran = u32::try_from(commands).unwrap();
    let past = |number: u64| Past {
        began: 1_800_000_000_000_000 + number * 60_000_000,
        wall: wall + number * 10_000,
        jobs: 8,
        ran,
        ..Past::default()
    };
    build.past = (0..12).map(past).collect();
    build
}

fn command(extension: usize, at: usize, index: usize) -> Command {
    let name = format!("ext_{extension}");
    let object = |at: usize| match at {
        0 => "/home/me/project/build/temp/src/common.o".to_owned(),
        _ => format!("/home/me/project/build/temp/src/{name}/file_{extension}_{at}.o"),
    };
    let flags = "gcc -Wall -O2 -g -fPIC -fwrapv -DNDEBUG -Iinclude -Isrc -I/usr/include/python3.11";
    let mut arguments: Vec<String> = flags.split(' ').map(str::to_owned).collect();
    let is_link = at == EACH - 1;
    let (kind, inputs, output) = if is_link {
        let input = |at: usize| Input { path: object(at), writer: Some(index + 1 + at - EACH) };
        ("link", (0..EACH - 1).map(input).collect(), format!("/home/me/project/build/lib/{name}.so"))
    } else {
        let source = object(at).replace("/build/temp", "").replace(".o", ".c");
        arguments.extend([format!("-DEXT={extension}"), "-c".to_owned(), source.clone()]);
        ("compile", vec![Input { path: source, writer: None }], object(at))
    };
    arguments.extend(["-o".to_owned(), output.clone()]);
    Command {
        kind,
        arguments,
        directory: "/home/me/project".to_owned(),
        extensions: vec![name],
        inputs,
        outputs: vec![output],
        done: if at == 5 { Done::Cached } else { Done::Run },
        reason: "no earlier run is known".to_owned(),
        duration: Some(20_000 + (index as u64 * 7919) % 19_000),
        ..Command::default()
    }
}

/// A page in a browser.
pub struct Page {
    pub tab: Arc<Tab>,
    /// What the console and the log have said.
    said: Arc<Mutex<Vec<String>>>,
    _browser: Browser,
    _folder: tempfile::TempDir,
}

impl Page {
    /// Opens the page of a build. Returns `None`, and says so, if there is no browser.
    pub fn open(build: &Build) -> Option<Self> {
        let Some(chromium) = chromium() else {
            skipped("there is no chromium");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.html");
        std::fs::write(&file, html(build)).unwrap();
        let options = LaunchOptions::default_builder()
            .path(Some(chromium))
            // Chromium has no sandbox for the superuser, who runs tests in containers.
            .sandbox(false)
            .window_size(Some((1360, 860)))
            .build()
            .unwrap();
        let browser = Browser::new(options).unwrap();
        let tab = browser.new_tab().unwrap();
        tab.set_default_timeout(Duration::from_secs(20));
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = said.clone();
        tab.enable_log().unwrap();
        tab.enable_runtime().unwrap();
        tab.add_event_listener(Arc::new(move |event: &Event| {
            let words = match event {
                Event::LogEntryAdded(event) => format!("{:?}", event.params.entry),
                Event::RuntimeConsoleAPICalled(event) => format!("{:?}", event.params),
                Event::RuntimeExceptionThrown(event) => format!("{:?}", event.params),
                _ => return,
            };
            heard.lock().unwrap().push(words);
        }))
        .unwrap();
        tab.navigate_to(&format!("file://{}", file.display())).unwrap().wait_until_navigated().unwrap();
        Some(Self { tab, said, _browser: browser, _folder: folder })
    }

    /// Evaluates an expression in the page.
    #[track_caller]
    pub fn value(&self, expression: &str) -> serde_json::Value {
        let found =
            self.tab.evaluate(expression, true).unwrap_or_else(|error| panic!("{expression}: {error}"));
        found.value.unwrap_or_default()
    }

    /// Returns the text of the first element that a selector finds, as it is shown.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let text = self.value(&format!("document.querySelector({selector:?})?.innerText ?? null"));
        text.as_str().unwrap_or_else(|| panic!("there is no {selector}")).to_owned()
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn wait_for(&self, expression: &str) {
        let began = Instant::now();
        while self.value(expression) != true {
            assert!(began.elapsed() < Duration::from_secs(10), "it does not become true: {expression}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses these keys, one after the other.
    #[track_caller]
    pub fn press(&self, keys: &[&str]) {
        keys.iter()
            .for_each(|key| _ = self.tab.press_key(key).unwrap_or_else(|error| panic!("{key}: {error}")));
    }

    /// Shows the view with this name.
    #[track_caller]
    pub fn show(&self, name: &str) {
        self.value(&format!(
            "[...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent.startsWith({name:?})).click()"
        ));
    }

    /// Waits until a canvas shows more than one colour.
    #[track_caller]
    pub fn wait_for_drawing(&self, selector: &str) {
        let is_drawn = "(() => {
            const canvas = document.querySelector(SELECTOR + ' canvas');
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const seen = new Set();
            for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) seen.add(data.slice(at, at + 3).join());
            return seen.size > 1;
        })()";
        self.wait_for(&is_drawn.replace("SELECTOR", &format!("{selector:?}")));
    }

    /// Fails the test if the console has said anything.
    #[track_caller]
    pub fn expect_silence(&self) {
        let said = self.said.lock().unwrap();
        assert!(said.is_empty(), "{said:#?}");
    }
}

/// Returns the browser of the system.
fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let files = names.iter().flat_map(|name| folders.iter().map(move |folder| Path::new(folder).join(name)));
    files.into_iter().find(|file| file.is_file())
}

/// Reports that something can't be tested here, unless `AMBIDEX_TEST_SKIP` forbids that.
#[track_caller]
fn skipped(what: &str) {
    let may_skip = std::env::var_os("AMBIDEX_TEST_SKIP").is_some_and(|value| value != "0");
    assert!(may_skip, "can't be tested here: {what} (AMBIDEX_TEST_SKIP=1 allows it)");
    eprintln!("skipped: {what}");
}
