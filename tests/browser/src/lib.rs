//! Pages of reports in a browser: opens a file in headless Chromium and lists what is wrong with it.

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::protocol::cdp::{Emulation, Log, Network, Page, Runtime};
use headless_chrome::{LaunchOptions, Tab};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Says what a page does, in terms of the page: `{ layout, switches, dark, links }`.
const PAGE: &str = include_str!("page.js");

/// Widths of windows at which a page is looked at, from a telephone to a desk.
pub const WIDTHS: [u32; 2] = [360, 1024];

/// The width of paper, A4 at 96 dots an inch less margins of a centimetre.
const PAPER: u32 = 718;

/// Pages that are looked at side by side.
const TABS: usize = 6;

/// What a browser is called, where `CHROMIUM` does not name one.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// A running browser.
pub struct Browser(headless_chrome::Browser);

impl Browser {
    /// Starts the browser that is installed, with a profile of its own that is deleted at the end.
    pub fn start() -> Result<Browser> {
        let arguments = [
            "--disable-quic",
            "--disable-component-update",
            "--hide-scrollbars",
            // Nothing is answered from outside, whatever a page asks for.
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ];
        let options = LaunchOptions {
            path: Some(installed()?),
            // The pages are our own, and root has no sandbox.
            sandbox: false,
            window_size: Some((1024, 800)),
            idle_browser_timeout: Duration::from_secs(120),
            args: arguments.iter().map(OsStr::new).collect(),
            ..LaunchOptions::default()
        };
        let browser = headless_chrome::Browser::new(options);
        Ok(Browser(browser.context("Chromium does not start")?))
    }

    /// All that is wrong with a page, one sentence each.
    pub fn faults(&self, page: &Path) -> Result<Vec<String>> {
        let visit = self.visit(page, View::default())?;
        let mut faults = visit.at("the page", "links")?;
        for width in WIDTHS {
            let place = format!("{width} wide");
            visit.look(View {
                width,
                ..View::default()
            })?;
            faults.extend(visit.at(&place, "layout")?);
            faults.extend(visit.at(&place, "switches")?);
        }
        visit.look(View {
            width: PAPER,
            print: true,
            dark: false,
        })?;
        faults.extend(visit.at("in print", "layout")?);
        visit.look(View {
            dark: true,
            ..View::default()
        })?;
        faults.extend(visit.at("dark", "dark")?);
        faults.extend(visit.at("dark", "layout")?);
        faults.extend(visit.said());
        Ok(faults)
    }

    /// The faults of each of these pages, looked at side by side: a browser answers slowly, and waits most of the time.
    pub fn faults_of(&self, pages: &[PathBuf]) -> Vec<Result<Vec<String>>> {
        let found = pages.chunks(TABS).map(|pages| {
            std::thread::scope(|scope| {
                let looking = pages.iter().map(|page| scope.spawn(|| self.faults(page)));
                let looking: Vec<_> = looking.collect();
                let found = looking.into_iter().map(|thread| match thread.join() {
                    Ok(found) => found,
                    Err(_) => Err(anyhow!("the page was not looked at to the end")),
                });
                found.collect::<Vec<_>>()
            })
        });
        found.flatten().collect()
    }

    /// The whole page as a picture, in PNG.
    pub fn picture(&self, page: &Path, view: View) -> Result<Vec<u8>> {
        let visit = self.visit(page, view)?;
        let height = visit.value("document.documentElement.scrollHeight")?;
        let height = height.as_f64().context("the page has no height")?;
        let shot = Page::CaptureScreenshot {
            format: Some(Page::CaptureScreenshotFormatOption::Png),
            quality: None,
            clip: Some(Page::Viewport {
                x: 0.0,
                y: 0.0,
                width: view.width.into(),
                height,
                scale: 1.0,
            }),
            from_surface: Some(true),
            capture_beyond_viewport: Some(true),
            optimize_for_speed: None,
        };
        let data = visit.tab.call_method(shot)?.data;
        Ok(BASE64_STANDARD.decode(data)?)
    }

    /// Opens a page in a tab of its own.
    fn visit(&self, page: &Path, view: View) -> Result<Visit> {
        let page = std::fs::canonicalize(page).with_context(|| format!("{}", page.display()))?;
        let url = url(&page);
        let tab = self.0.new_tab()?;
        tab.set_default_timeout(Duration::from_secs(60));
        let said = Arc::new(Mutex::new(Vec::new()));
        let (listening, own) = (Arc::clone(&said), url.clone());
        tab.add_event_listener(Arc::new(move |event: &Event| {
            if let (Some(fault), Ok(mut said)) = (fault(event, &own), listening.lock()) {
                said.push(fault);
            }
        }))?;
        tab.call_method(Network::Enable {
            max_total_buffer_size: None,
            max_resource_buffer_size: None,
            max_post_data_size: None,
            report_direct_socket_traffic: None,
            enable_durable_messages: None,
        })?;
        tab.call_method(Runtime::Enable(None))?;
        tab.call_method(Log::Enable(None))?;
        let visit = Visit { tab, said };
        visit.set(view)?;
        visit.tab.navigate_to(&url)?.wait_until_navigated()?;
        // What a page does when it has been drawn, and what it does soon after.
        visit.drawn(200)?;
        Ok(visit)
    }
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The width of the window in CSS pixels.
    pub width: u32,
    /// As it is printed?
    pub print: bool,
    /// By someone who prefers dark pages?
    pub dark: bool,
}

impl Default for View {
    fn default() -> Self {
        View {
            width: 1024,
            print: false,
            dark: false,
        }
    }
}

/// A page that is open.
struct Visit {
    tab: Arc<Tab>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Visit {
    /// The page in another view.
    fn look(&self, view: View) -> Result<()> {
        self.set(view)?;
        self.drawn(20)
    }

    fn set(&self, view: View) -> Result<()> {
        let scheme = if view.dark { "dark" } else { "light" };
        self.tab.call_method(Emulation::SetEmulatedMedia {
            media: Some(if view.print { "print" } else { "screen" }.to_owned()),
            features: Some(vec![Emulation::MediaFeature {
                name: "prefers-color-scheme".to_owned(),
                value: scheme.to_owned(),
            }]),
        })?;
        self.tab.call_method(Emulation::SetDeviceMetricsOverride {
            width: view.width,
            height: 800,
            device_scale_factor: 1.0,
            mobile: false,
            scale: None,
            screen_width: None,
            screen_height: None,
            position_x: None,
            position_y: None,
            dont_set_visible_size: None,
            screen_orientation: None,
            viewport: None,
            display_feature: None,
            device_posture: None,
        })?;
        Ok(())
    }

    /// Waits until the page has been drawn, and so many milliseconds more.
    fn drawn(&self, more: u32) -> Result<()> {
        let frame = format!("requestAnimationFrame(() => setTimeout(() => done(1), {more}))");
        self.value(&format!("new Promise(done => {frame})"))
            .map(drop)
    }

    /// The faults that a function of `page.js` finds.
    fn at(&self, place: &str, function: &str) -> Result<Vec<String>> {
        let found = self.value(&format!("{}.{function}()", PAGE.trim_end()))?;
        let found = found
            .as_array()
            .with_context(|| format!("{function} gave {found}"))?;
        let texts = found.iter().map(|fault| {
            let fault = fault.as_str().unwrap_or_default();
            format!("{place}: {fault}")
        });
        Ok(texts.collect())
    }

    /// The value of an expression.
    fn value(&self, expression: &str) -> Result<serde_json::Value> {
        let expression = format!("(async () => JSON.stringify(await ({expression})))()");
        let returned = self.tab.call_method(Runtime::Evaluate {
            expression,
            return_by_value: Some(true),
            await_promise: Some(true),
            generate_preview: None,
            silent: None,
            include_command_line_api: None,
            user_gesture: Some(true),
            object_group: None,
            context_id: None,
            throw_on_side_effect: None,
            timeout: None,
            disable_breaks: None,
            repl_mode: None,
            allow_unsafe_eval_blocked_by_csp: None,
            unique_context_id: None,
            serialization_options: None,
        })?;
        if let Some(thrown) = returned.exception_details {
            let what = thrown.exception.and_then(|object| object.description);
            bail!(
                "the page cannot be looked at: {}",
                what.unwrap_or(thrown.text)
            );
        }
        let value = returned.result.value.unwrap_or_default();
        let text = value.as_str().context("the page gave no text")?;
        Ok(serde_json::from_str(text)?)
    }

    /// What the page has said and asked for so far; closes it.
    fn said(self) -> Vec<String> {
        // Events come on a thread of their own.
        std::thread::sleep(Duration::from_millis(100));
        // A tab that cannot be closed goes with the browser.
        let _ = self.tab.close(false);
        self.said
            .lock()
            .map(|said| said.clone())
            .unwrap_or_default()
    }
}

/// What an event tells of a page at this address, if it is a fault.
fn fault(event: &Event, page: &str) -> Option<String> {
    match event {
        Event::RuntimeConsoleAPICalled(event) => {
            use Runtime::ConsoleAPICalledEventTypeOption::{Assert, Error, Warning};
            let call = &event.params;
            let is_bad = matches!(call.Type, Error | Warning | Assert);
            let words = call.args.iter().map(|argument| match &argument.value {
                Some(value) => value.to_string(),
                None => argument.description.clone().unwrap_or_default(),
            });
            let words: Vec<String> = words.collect();
            is_bad.then(|| format!("the console says: {}", words.join(" ")))
        }
        Event::RuntimeExceptionThrown(event) => {
            let thrown = &event.params.exception_details;
            let what = thrown
                .exception
                .as_ref()
                .and_then(|object| object.description.clone());
            Some(format!(
                "an exception: {}",
                what.unwrap_or(thrown.text.clone())
            ))
        }
        Event::LogEntryAdded(event) => {
            use Log::LogEntryLevel::{Error, Warning};
            let entry = &event.params.entry;
            matches!(entry.level, Error | Warning).then(|| format!("the log says: {}", entry.text))
        }
        Event::NetworkRequestWillBeSent(event) => {
            let url = event.params.request.url.as_str();
            let is_own = url == page || url.starts_with("data:");
            (!is_own).then(|| format!("a request for {url}"))
        }
        Event::NetworkWebSocketCreated(event) => Some(format!("a socket to {}", event.params.url)),
        _ => None,
    }
}

/// The address of a file.
fn url(page: &Path) -> String {
    let mut url = String::from("file://");
    for &byte in page.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                url.push(char::from(byte));
            }
            _ => url += &format!("%{byte:02X}"),
        }
    }
    url
}

/// The browser that is installed.
fn installed() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        let path = PathBuf::from(path);
        if !path.is_file() {
            bail!("CHROMIUM names {}, which is no file", path.display());
        }
        return Ok(path);
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let paths = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = paths.into_iter().find(|path| path.is_file());
    found.context(
        "Chromium is not installed: `apt-get install chromium`, or name a browser in CHROMIUM",
    )
}
