//! The part of a document that is in memory: from the first byte not yet read to the last that arrived.

use crate::{
    error::{ReadError, ReadErrorKind},
    position::Position,
    xml::{chars::first_illegal, encoding},
};

/// How much room is always kept, in bytes.
const ROOM: usize = 256 << 10;
/// How often in a row most of the room may be left unused until it is given back: often enough that it is not while one large item
/// follows another.
const UNUSED: u32 = 64;

/// A stretch of UTF-8 text that slides over a document.
#[derive(Debug)]
pub(super) struct Window {
    text: String,
    /// Up to where the text has been read.
    read: usize,
    /// Where the text begins in the document.
    origin: Position,
    /// The beginning of a character whose other bytes have not arrived, or of a document of which no more has.
    partial: Vec<u8>,
    /// How often in a row most of the room was not used.
    unused: u32,
    ended: bool,
    /// The encoding that was declared, where it is not UTF-8, when that is no longer in the text.
    declared: Option<String>,
    /// Why nothing can follow the text.
    stop: Option<ReadError>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            text: String::new(),
            read: 0,
            origin: Position::START,
            partial: Vec::new(),
            unused: 0,
            ended: false,
            declared: None,
            stop: None,
        }
    }
}

impl Window {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn read(&self) -> usize {
        self.read
    }

    pub(super) const fn origin(&self) -> Position {
        self.origin
    }

    /// Whether all that will ever be here is here.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended || self.stop.is_some()
    }

    /// Why nothing can follow the text, if that is so.
    pub(super) fn stopped(&self) -> Option<ReadError> {
        self.stop.clone()
    }

    pub(super) fn advance(&mut self, to: usize) {
        self.read = to;
    }

    /// Takes in what arrived. What cannot be text stops the window there: what came before is still read.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.stop.is_some() {
            return;
        }
        self.forget_what_was_read();
        self.give_back_room(self.text.len() + bytes.len());
        let mut joined = std::mem::take(&mut self.partial);
        let bytes = match joined.is_empty() {
            true => bytes,
            false => {
                joined.extend_from_slice(bytes);
                &joined
            }
        };
        if self.is_at_start() && self.text.is_empty() {
            // It takes two bytes to tell a 16-bit encoding.
            if bytes.len() < 2 {
                self.partial = bytes.to_vec();
                return;
            }
            if let Some(name) = encoding::wide(bytes) {
                return self.stop(ReadErrorKind::UnknownEncoding { name: name.to_owned() });
            }
        }
        self.take_in(bytes);
    }

    /// Nothing more will arrive.
    pub(super) fn end(&mut self) {
        self.ended = true;
        if self.stop.is_some() {
            return;
        }
        let rest = std::mem::take(&mut self.partial);
        self.take_in(&rest);
        if !self.partial.is_empty() {
            self.stop_at_encoding();
        }
    }

    fn take_in(&mut self, bytes: &[u8]) {
        let from = self.text.len();
        self.append(bytes);
        if let Some((at, c)) = first_illegal(&self.text[from..]) {
            self.text.truncate(from + at);
            self.stop(ReadErrorKind::IllegalCharacter { code: c.into() });
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text.push_str(text),
            Err(error) => {
                let (good, rest) = bytes.split_at(error.valid_up_to());
                self.text.push_str(std::str::from_utf8(good).unwrap_or_default());
                // No length means that the bytes may still become a character.
                match error.error_len() {
                    None => self.partial = rest.to_vec(),
                    Some(_) => self.stop_at_encoding(),
                }
            }
        }
    }

    /// Text in another encoding is text up to its first letter that is not ASCII.
    fn stop_at_encoding(&mut self) {
        let kind = match self.declared() {
            Some(name) => ReadErrorKind::UnknownEncoding { name },
            None => ReadErrorKind::Encoding { encoding: "UTF-8".to_owned() },
        };
        self.stop(kind);
    }

    fn is_at_start(&self) -> bool {
        self.origin == Position::START
    }

    /// The encoding that the document declares, where it is not UTF-8.
    fn declared(&self) -> Option<String> {
        match self.is_at_start() {
            true => encoding::declared_other(&self.text).map(str::to_owned),
            false => self.declared.clone(),
        }
    }

    /// Ends the window where its text ends now.
    fn stop(&mut self, kind: ReadErrorKind) {
        let at = self.origin.then(Position::of(&self.text, self.text.len() as u64));
        self.stop = Some(ReadError::new(kind, at, Vec::new()));
    }

    fn forget_what_was_read(&mut self) {
        if self.read > 0 {
            self.declared = self.declared();
            self.origin = self.origin.then(Position::of(&self.text, self.read as u64));
            self.text.drain(..self.read);
            self.read = 0;
        }
    }

    /// One large item, a fixture perhaps, makes room that the thousands after it do not need.
    fn give_back_room(&mut self, needed: usize) {
        let room = self.text.capacity();
        self.unused = if room <= ROOM || needed > room / 4 { 0 } else { self.unused + 1 };
        if self.unused > UNUSED {
            self.text.shrink_to(ROOM.max(needed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(window: &mut Window, bytes: usize) {
        for piece in "x".repeat(bytes).as_bytes().chunks(64 << 10) {
            window.push(piece);
        }
        window.advance(bytes);
    }

    #[test]
    fn room_for_a_large_item_is_kept_while_others_may_follow_and_then_given_back() {
        let mut window = Window::default();
        for _ in 0..4 {
            take(&mut window, 3 << 20);
            let room = window.text.capacity();
            for _ in 0..UNUSED {
                take(&mut window, 1 << 10);
            }
            assert_eq!(window.text.capacity(), room);
        }
        take(&mut window, 1 << 10);
        assert_eq!(window.text.capacity(), ROOM);
    }
}
