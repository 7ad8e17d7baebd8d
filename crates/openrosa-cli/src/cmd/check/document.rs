//! A document of which findings are told: its name, and its lines.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use openrosa_xml::check::Place;

use crate::{excerpt::Excerpt, input};

/// How much of a file is looked at on either side of a place to show its line.
const AROUND: u64 = 4096;

/// A document that was checked, or is being checked.
///
/// Whoever tells of it gets at the text by [`excerpt`](Self::excerpt) alone, so that it need not be in memory.
pub(crate) struct Document<'a> {
    /// The path as given, or `-`.
    pub(super) name: &'a str,
    text: Text<'a>,
}

/// Where the text of a document is.
enum Text<'a> {
    Memory(Cow<'a, str>),
    Disk(&'a File),
}

impl<'a> Document<'a> {
    pub(super) const fn in_memory(name: &'a str, text: Cow<'a, str>) -> Self {
        Self { name, text: Text::Memory(text) }
    }

    pub(super) const fn on_disk(name: &'a str, file: &'a File) -> Self {
        Self { name, text: Text::Disk(file) }
    }

    /// What a person calls it.
    pub(super) fn title(&self) -> &'a str {
        input::title(self.name)
    }

    /// The line of a place, as much of it as there is room for.
    pub(super) fn excerpt(&self, place: Place, room: usize) -> Option<Excerpt> {
        let (start, end) = (place.start.offset, place.end.offset);
        match &self.text {
            Text::Memory(text) => Excerpt::around(text, start..end, room),
            Text::Disk(file) => {
                let from = start.saturating_sub(AROUND);
                // It was read before; where it no longer can be, the finding is told without its line.
                let bytes = read_at(file, from, 2 * AROUND).ok()?;
                let cut = bytes.iter().take_while(|byte| **byte & 0xC0 == 0x80).count();
                let text = String::from_utf8_lossy(&bytes[cut..]);
                let from = from + cut as u64;
                Excerpt::around(&text, start.checked_sub(from)?..end.saturating_sub(from), room)
            }
        }
    }
}

/// Leaves the file where it was: it may be being read.
fn read_at(mut file: &File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let (mut bytes, before) = (Vec::new(), file.stream_position()?);
    file.seek(SeekFrom::Start(offset))?;
    file.take(length).read_to_end(&mut bytes)?;
    file.seek(SeekFrom::Start(before))?;
    Ok(bytes)
}
