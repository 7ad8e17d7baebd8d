//! The layer below the protocol: names, events, elements. Nothing here knows what a case is.

pub mod element;
pub mod encoding;
pub mod fragment;
pub mod name;
pub mod path;
pub mod reader;
pub mod writer;

mod attributes;
pub(crate) mod chars;
mod encode;
mod namespaces;
pub(crate) mod runs;

pub use element::{Element, Node};
pub use encode::encode_like;
pub use encoding::{decode, decode_labeled, other_encoding};
pub use fragment::Fragment;
pub use name::{Attribute, Declaration, Name};
pub use path::paths;
pub use reader::{Event, Leaf, Reader, Scratch, Start};
pub use writer::Writer;
