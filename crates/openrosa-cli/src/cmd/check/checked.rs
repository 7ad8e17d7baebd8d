//! One document and what was found in it.

use std::{
    borrow::Cow,
    cell::RefCell,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    time::{Duration, Instant},
};

use openrosa_xml::{
    check::{self, Finding, Options, Place, Report},
    xml::decode,
};

use super::judge::Judge;
use crate::{
    cmd::show::begins_answer,
    excerpt::Excerpt,
    exit::Failure,
    input::{Input, title, unopened},
};

/// A restore larger than this is not read into memory to be checked.
const LARGE: u64 = 16 << 20;

/// How much of a file is looked at on either side of a place to show its line.
const AROUND: u64 = 4096;

/// A document that was checked.
///
/// Whoever tells of it gets at the text by [`excerpt`](Self::excerpt) and [`sarif`](super::sarif)'s regions alone, so that it
/// need not be in memory.
pub(crate) struct Checked<'a> {
    /// The path as given, or `-`.
    pub(super) name: &'a str,
    /// What a person calls it.
    pub(super) title: &'a str,
    pub(crate) findings: Vec<Finding>,
    /// How many findings are not shown because their codes are allowed.
    pub(super) allowed: usize,
    pub(super) took: Duration,
    text: Text<'a>,
}

/// Where the text of a document is.
enum Text<'a> {
    Memory(Cow<'a, str>),
    Disk(RefCell<File>),
}

/// Checks a document, whatever its bytes are.
pub(crate) fn examine<'a>(input: &'a Input, options: &Options<'_>, judge: &Judge) -> Checked<'a> {
    let started = Instant::now();
    let (text, report) = checked(&input.bytes, options);
    let mut findings = report.into_findings();
    let all = findings.len();
    findings.retain(|finding| !judge.allows(finding));
    let (name, title) = (input.name.as_str(), input.title());
    let allowed = all - findings.len();
    Checked { name, title, allowed, findings, took: started.elapsed(), text: Text::Memory(text) }
}

/// Checks a large restore as it comes from the disk, one item in memory at a time; `None` for every other document.
pub(super) fn examine_streaming<'a>(
    name: &'a str,
    path: &Path,
    options: &Options<'_>,
    judge: &Judge,
) -> Result<Option<Checked<'a>>, Failure> {
    let unread = |error| unopened(name, path, &error);
    let Some(file) = large_answer(path).map_err(unread)? else { return Ok(None) };
    let started = Instant::now();
    let (mut findings, mut allowed) = (Vec::new(), 0);
    let each = |finding| if judge.allows(&finding) { allowed += 1 } else { findings.push(finding) };
    check::restore(&file, options, each).map_err(unread)?;
    let text = Text::Disk(RefCell::new(file));
    Ok(Some(Checked { name, title: title(name), findings, allowed, took: started.elapsed(), text }))
}

/// The file, at its beginning, if it is large and begins as restores do, in UTF-8.
fn large_answer(path: &Path) -> io::Result<Option<File>> {
    if path.as_os_str() == "-" || !path.is_file() {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    if file.metadata()?.len() < LARGE {
        return Ok(None);
    }
    let mut beginning = Vec::new();
    file.by_ref().take(AROUND).read_to_end(&mut beginning)?;
    file.rewind()?;
    Ok(begins_answer(&beginning).then_some(file))
}

/// The text of a document, and what is wrong with it.
fn checked<'a>(bytes: &'a [u8], options: &Options<'_>) -> (Cow<'a, str>, Report) {
    match decode(bytes) {
        Ok(text) => {
            let report = check::document(&text, options);
            (text, report)
        }
        Err(error) => {
            let text = String::from_utf8_lossy(bytes);
            let report = check::stopped(&error, &text, options);
            (text, report)
        }
    }
}

impl Checked<'_> {
    /// The line of a place, as much of it as there is room for.
    pub(super) fn excerpt(&self, place: Place, room: usize) -> Option<Excerpt> {
        let (start, end) = (place.start.offset, place.end.offset);
        match &self.text {
            Text::Memory(text) => Excerpt::around(text, start..end, room),
            Text::Disk(file) => {
                let from = start.saturating_sub(AROUND);
                // It was read before; where it no longer can be, the finding is told without its line.
                let bytes = read_at(&mut file.borrow_mut(), from, 2 * AROUND).ok()?;
                let cut = bytes.iter().take_while(|byte| **byte & 0xC0 == 0x80).count();
                let text = String::from_utf8_lossy(&bytes[cut..]);
                let from = from + cut as u64;
                Excerpt::around(&text, start.checked_sub(from)?..end.saturating_sub(from), room)
            }
        }
    }

    /// The whole text, where it is in memory.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.text {
            Text::Memory(text) => Some(text),
            Text::Disk(_) => None,
        }
    }
}

fn read_at(file: &mut File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
