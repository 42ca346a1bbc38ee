//! A page in a real browser, and what a user does with it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::{Browser, LaunchOptions, Tab};

/// A page in a browser.
pub struct Page {
    pub tab: Arc<Tab>,
    /// What the console and the log have said.
    said: Arc<Mutex<Vec<String>>>,
    _browser: Browser,
}

impl Page {
    /// Opens a file and waits until the browser has loaded it. Returns `None`, and says so, if there is no browser.
    pub fn open(file: &Path) -> Option<Self> {
        let Some(chromium) = chromium() else {
            skipped("there is no chromium");
            return None;
        };
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
        Some(Self { tab, said, _browser: browser })
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

    /// Fails the test unless something was on the screen within a second.
    #[track_caller]
    pub fn expect_quick_paint(&self) {
        self.wait_for("performance.getEntriesByName('first-contentful-paint').length === 1");
        let first = self.value("performance.getEntriesByName('first-contentful-paint')[0].startTime");
        assert!(first.as_f64().unwrap() < 1000.0, "the first paint comes after {first} ms");
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
