//! The part of a document that is in memory: from the first byte not yet read to the last that arrived.

use crate::{
    error::{ReadError, ReadErrorKind},
    position::Position,
    xml::chars::first_illegal,
};

/// A stretch of UTF-8 text that slides over a document.
#[derive(Debug)]
pub(super) struct Window {
    text: String,
    /// Up to where the text has been read.
    read: usize,
    /// Where the text begins in the document.
    origin: Position,
    /// The beginning of a character whose other bytes have not arrived.
    partial: Vec<u8>,
    ended: bool,
}

impl Default for Window {
    fn default() -> Self {
        Self { text: String::new(), read: 0, origin: Position::START, partial: Vec::new(), ended: false }
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

    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// How much has arrived and was not read.
    pub(super) fn unread(&self) -> usize {
        self.text.len() - self.read
    }

    pub(super) fn advance(&mut self, to: usize) {
        self.read = to;
    }

    /// Takes in what arrived.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        self.forget_what_was_read();
        let from = self.text.len();
        if self.partial.is_empty() {
            self.append(bytes)?;
        } else {
            let mut joined = std::mem::take(&mut self.partial);
            joined.extend_from_slice(bytes);
            self.append(&joined)?;
        }
        match first_illegal(&self.text[from..]) {
            None => Ok(()),
            Some((at, c)) => Err(self.error(from + at, ReadErrorKind::IllegalCharacter { code: c.into() })),
        }
    }

    /// Nothing more will arrive.
    pub(super) fn end(&mut self) -> Result<(), ReadError> {
        self.ended = true;
        match self.partial.is_empty() {
            true => Ok(()),
            false => Err(self.not_utf8()),
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text.push_str(text),
            Err(error) => {
                let (good, rest) = bytes.split_at(error.valid_up_to());
                self.text.push_str(std::str::from_utf8(good).unwrap_or_default());
                // No length means that the bytes may still become a character.
                if error.error_len().is_some() {
                    return Err(self.not_utf8());
                }
                self.partial = rest.to_vec();
            }
        }
        Ok(())
    }

    fn not_utf8(&self) -> ReadError {
        self.error(self.text.len(), ReadErrorKind::Encoding { encoding: "UTF-8".to_owned() })
    }

    pub(super) fn error(&self, at: usize, kind: ReadErrorKind) -> ReadError {
        ReadError::new(kind, self.origin.then(Position::of(&self.text, at as u64)), Vec::new())
    }

    fn forget_what_was_read(&mut self) {
        if self.read > 0 {
            self.origin = self.origin.then(Position::of(&self.text, self.read as u64));
            self.text.drain(..self.read);
            self.read = 0;
        }
    }
}
