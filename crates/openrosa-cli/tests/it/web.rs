//! The page for people, as people and their browsers meet it.
//!
//! The tests with a browser speak WebDriver to Chromium's own driver; without one they say so in a word, and pass.

mod access;
mod actions;
mod audit;
mod browser;
mod content;
mod hostile;
mod keyboard;
mod live;
mod routes;
mod telling;
mod visitor;
mod walk;

pub(crate) use browser::Browser;
pub(crate) use content::{fill, fill_with_people, views};
pub(crate) use visitor::Visitor;
