//! Lookup tables: their definitions and rows, and whole workbooks.

mod items;
mod rows;
mod tables;
mod upload;

use bytes::Bytes;
use http::{Response, StatusCode};

pub use items::{CreateItem, DeleteItem, FieldList, FieldValue, GetItem, Item, Items, ReplaceItem};
pub use rows::{GetRow, Row, Rows};
pub use tables::{CreateTable, DeleteTable, Field, GetTable, ReplaceTable, Table, Tables};
pub use upload::{Poll, Progress, Upload, Uploaded};

/// What a PUT of a table or a row has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it was there or it was not")]
pub enum Replaced {
    /// It took the place of what was there.
    InPlace,
    /// There was nothing under this id: **HQ has made a new one, under another id**, which it does not tell.
    CreatedUnderAnotherId,
}

impl Replaced {
    fn of(answer: &Response<Bytes>) -> Self {
        match answer.status() {
            StatusCode::CREATED => Self::CreatedUnderAnotherId,
            _ => Self::InPlace,
        }
    }
}
