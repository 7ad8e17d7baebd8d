//! A browser without a window, told what to do by WebDriver.
//!
//! `goog/cdp` is how Chromium's driver lets its own protocol through.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

/// A browser with one tab. It is closed when it goes away.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

/// By this key answers name elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// Opens one; `None`, and a word to the reader, where there is no Chromium with its driver.
    pub(crate) fn open() -> Option<Self> {
        let Some((driver, port)) = driver() else {
            eprintln!("skipped: there is no chromedriver here; install Debian's package chromium-driver");
            return None;
        };
        let mut browser = Self { driver, port, session: String::new() };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = browser.call("POST", "/session", &wanted);
        browser.session = format!("/session/{}", session["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    /// From now on nothing of a page's own script runs.
    pub(crate) fn without_script(&self) {
        self.cdp("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    }

    /// As wide as a phone or a desk's screen.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", metrics);
    }

    pub(crate) fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.cdp("Emulation.setEmulatedMedia", features);
    }

    pub(crate) fn go(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    pub(crate) fn url(&self) -> String {
        self.call("GET", &format!("{}/url", self.session), &Value::Null).as_str().expect("a URL").to_owned()
    }

    /// Signs in as the staff of a server that was filled with people.
    pub(crate) fn sign_in(&self, url: &str) {
        self.go(&format!("{url}/look/sign-in"));
        self.write("[name=name]", "boss");
        self.write("[name=password]", "correct horse");
        self.follow("main button");
        assert!(self.text(".who").starts_with("boss"), "{}", self.text("body"));
    }

    /// What is written on the first element that this selects.
    pub(crate) fn text(&self, css: &str) -> String {
        let text = || {
            let path = format!("{}/element/{}/text", self.session, self.find(css)?);
            Ok(self.ask("GET", &path, &Value::Null)?.as_str().expect("a text").to_owned())
        };
        patient(text)
    }

    /// Presses what stays on the page that it is on.
    pub(crate) fn click(&self, css: &str) {
        patient(|| {
            let path = format!("{}/element/{}/click", self.session, self.find(css)?);
            self.ask("POST", &path, &json!({}))
        });
    }

    /// Presses a link or a button that leads to another page. A form with a file is sent only after the click has been answered:
    /// who asks at once may still read the page that is being left.
    pub(crate) fn follow(&self, css: &str) {
        let left = patient(|| self.find("html"));
        self.click(css);
        let path = format!("{}/element/{left}/name", self.session);
        patient(|| match self.ask("GET", &path, &Value::Null) {
            Ok(_) => Err(format!("{css} leads nowhere")),
            Err(_) => Ok(()),
        });
    }

    pub(crate) fn write(&self, css: &str, text: &str) {
        patient(|| {
            let path = format!("{}/element/{}/value", self.session, self.find(css)?);
            self.ask("POST", &path, &json!({"text": text}))
        });
    }

    /// Presses a key, wherever the focus is.
    pub(crate) fn press(&self, key: &str) {
        let keys = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": keys}]}));
    }

    /// What a script of ours says of the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// The same of one that calls back, by its last argument.
    pub(crate) fn wait_for(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({"script": script, "args": []}))
    }

    /// What the browser has complained of since it was asked last.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        let log = log.as_array().expect("a log").iter();
        log.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// A picture of the page as it is seen.
    pub(crate) fn picture(&self) -> Vec<u8> {
        let shot = self.call("GET", &format!("{}/screenshot", self.session), &Value::Null);
        base64::engine::general_purpose::STANDARD.decode(shot.as_str().expect("a picture")).expect("base64")
    }

    fn find(&self, css: &str) -> Result<String, String> {
        let path = format!("{}/element", self.session);
        let found = self.ask("POST", &path, &json!({"using": "css selector", "value": css}))?;
        Ok(found[ELEMENT].as_str().expect("an element").to_owned())
    }

    fn cdp(&self, command: &str, parameters: Value) {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("{}{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.ask(method, path, body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// One command and its answer, on a connection of its own.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).expect("the driver listens");
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        connection.write_all(format!("{head}{body}").as_bytes()).expect("the driver reads");
        let mut answer = BufReader::new(connection);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).expect("a header");
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut text = vec![0; length];
        answer.read_exact(&mut text).expect("an answer");
        let answer: Value = serde_json::from_slice(&text).expect("JSON");
        match answer["value"]["error"].as_str() {
            None => Ok(answer["value"].clone()),
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"])),
        }
    }
}

/// A page that is about to be left has elements that are soon gone, and the next page has them a moment later.
fn patient<T>(ask: impl Fn() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(error) if begun.elapsed() > Duration::from_secs(20) => panic!("{error}"),
            Err(_) => sleep(Duration::from_millis(50)),
        }
    }
}

/// One that listens, and where; `None` where there is none to be had. It ends at once where another, begun at the same moment,
/// takes the port that it has chosen.
fn driver() -> Option<(Child, u16)> {
    for _ in 0..5 {
        let spawned = Command::new("chromedriver")
            .args(["--port=0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = spawned.ok()?;
        let told = BufReader::new(driver.stdout.take().expect("standard output is a pipe"));
        if let Some(port) = told.lines().map_while(Result::ok).find_map(|line| port(&line)) {
            return Some((driver, port));
        }
        driver.wait().expect("a driver that says nothing more ends");
    }
    panic!("no driver says its port")
}

fn port(line: &str) -> Option<u16> {
    line.split_once("successfully on port ")?.1.trim_end_matches(['.', '\n']).parse().ok()
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Ok(mut connection) = TcpStream::connect(("127.0.0.1", self.port)) {
            let request =
                format!("DELETE {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", self.session);
            let _ = connection.write_all(request.as_bytes());
            let _ = connection.read(&mut [0; 64]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Where pictures are put that somebody wants to look at: a folder named by `OPENROSA_PICTURES`.
pub(crate) fn pictures() -> Option<PathBuf> {
    std::env::var_os("OPENROSA_PICTURES").map(PathBuf::from)
}
