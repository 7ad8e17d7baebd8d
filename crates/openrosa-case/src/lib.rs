//! stub
pub mod apply;
pub mod case;
pub mod change;
pub mod device;
pub mod differences;
pub mod error;
pub mod form;
pub mod ledger;
mod rules;
pub mod store;
pub mod user;
pub use differences::Difference;
pub mod hq;
