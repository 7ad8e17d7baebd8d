//! A Briefcase server whose submissions change between one pull and the next.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

use super::{
    Run,
    servers::{Desk, md5_of},
};

/// What a server has, and what it was asked.
#[derive(Default)]
pub(super) struct Held {
    /// The files of each submission, by its id.
    pub(super) submissions: BTreeMap<String, BTreeMap<String, String>>,
    /// The ids in the order in which something came of them, which is that of the list (openrosa.md 6.1).
    pub(super) updates: Vec<String>,
    /// What is answered at once to whatever begins so: status line and headers.
    pub(super) refusals: Vec<(&'static str, &'static str)>,
    /// What is answered instead to whatever has this in it.
    pub(super) instead: Vec<(&'static str, String)>,
    /// Method and target.
    pub(super) asked: Vec<String>,
    /// The bodies of POSTs.
    pub(super) posted: Vec<String>,
}

/// A Briefcase server with the forms `visit` and `other`. Its cursor is the number of updates that it has listed.
pub(super) struct Aggregate {
    pub(super) address: String,
    pub(super) held: Arc<Mutex<Held>>,
}

pub(super) const FORM: &str = "<h:html xmlns:h='http://www.w3.org/1999/xhtml' xmlns='http://www.w3.org/2002/xforms'><h:head>\
    <model><instance><visit id='visit' version='7'/></instance></model></h:head><h:body/></h:html>";

const TAKEN: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Thanks\u{9b}2J.</message></OpenRosaResponse>";

impl Aggregate {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let held = Arc::new(Mutex::new(Held::default()));
        let (own, base) = (Arc::clone(&held), address.clone());
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                answer(&connection, &mut own.lock().expect("no panic"), &base);
            }
        });
        Self { address, held }
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("no panic")
    }

    pub(super) fn has(&self, id: &str, files: &[(&str, &str)]) {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let mut held = self.held();
        held.submissions.insert(id.to_owned(), files.collect());
        held.updates.push(id.to_owned());
    }

    pub(super) fn pull(&self, desk: &Desk, more: &[&str]) -> Run {
        self.held().asked.clear();
        desk.run(&[&["pull", "--url", &self.address, "--form", "visit", "--out", "d"], more].concat())
    }

    /// How often something was asked for since the last pull began.
    pub(super) fn asked(&self, what: &str) -> usize {
        self.held().asked.iter().filter(|line| line.contains(what)).count()
    }
}

fn answer(mut connection: &TcpStream, held: &mut Held, base: &str) {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    let _ = reader.read_line(&mut line);
    let headers: Vec<String> =
        reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let length = headers.iter().find_map(|header| {
        header.to_lowercase().strip_prefix("content-length:").and_then(|length| length.trim().parse().ok())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    let _ = reader.read_exact(&mut body);
    let asked = line.rsplit_once(' ').map_or("", |(asked, _)| asked);
    held.asked.push(asked.to_owned());
    let refusal = held.refusals.iter().find(|(what, _)| asked.contains(what)).map(|(_, head)| *head);
    let instead = held.instead.iter().find(|(what, _)| asked.contains(what)).map(|(_, text)| text.clone());
    let (head, text) = match refusal {
        Some(head) => (head, "not\u{1b}[2J now".to_owned()),
        None if asked.starts_with("HEAD") => ("204 No Content", String::new()),
        None if asked.starts_with("POST") => {
            held.posted.push(String::from_utf8_lossy(&body).into_owned());
            ("201 Created", TAKEN.to_owned())
        }
        None => match instead.or_else(|| document(held, asked.trim_start_matches("GET "), base)) {
            Some(text) => ("200 OK", text),
            None => ("404 Not Found", "there is nothing here".to_owned()),
        },
    };
    let length = if text.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", text.len()) };
    let _ = write!(
        connection,
        "HTTP/1.1 {head}\r\nX-OpenRosa-Version: 1.0\r\nConnection: close\r\n{length}\r\n{text}"
    );
}

fn document(held: &Held, target: &str, base: &str) -> Option<String> {
    let argument = |name: &str| {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let mut arguments = query.split('&').filter_map(|argument| argument.split_once('='));
        arguments.find(|(key, _)| *key == name).map(|(_, value)| value.replace("%3A", ":"))
    };
    Some(match target.split('?').next()? {
        "/formList" => format!(
            "<xforms xmlns='http://openrosa.org/xforms/xformsList'><xform><formID>visit</formID><name>Visit</name>
               <version>7</version><hash>md5:{0}</hash><downloadUrl>{base}/f</downloadUrl></xform>
               <xform><formID>other</formID><name>Other</name><version>7</version><hash>md5:{0}</hash>
               <downloadUrl>{base}/f</downloadUrl></xform></xforms>",
            md5_of(FORM)
        ),
        "/f" => FORM.to_owned(),
        "/view/submissionList" => {
            let from = argument("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
            let ids: String = held.updates.iter().skip(from).map(|id| format!("<id>{id}</id>")).collect();
            let cursor = held.updates.len();
            format!(
                "<idChunk xmlns='http://opendatakit.org/submissions'><idList>{ids}</idList>
                   <resumptionCursor>{cursor}</resumptionCursor></idChunk>"
            )
        }
        "/view/downloadSubmission" => {
            let key = argument("formId")?;
            let (id, files) = held.submissions.iter().find(|(id, _)| key.ends_with(&format!("{id}%5D")))?;
            let files: String = files
                .iter()
                .map(|(name, text)| {
                    format!(
                        "<mediaFile><filename>{name}</filename><hash>md5:{}</hash>
                           <downloadUrl>{base}/media/{id}/{name}</downloadUrl></mediaFile>",
                        md5_of(text)
                    )
                })
                .collect();
            format!(
                "<submission xmlns='http://opendatakit.org/submissions'><data><visit xmlns='' id='visit' version='7'
                   instanceID='{id}'><weight>12</weight></visit></data>{files}</submission>"
            )
        }
        path => {
            let (id, name) = path.strip_prefix("/media/")?.split_once('/')?;
            held.submissions.get(id)?.get(name)?.clone()
        }
    })
}
