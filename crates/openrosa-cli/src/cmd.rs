//! One subcommand a file.

pub(crate) mod convert;
pub(crate) mod demo;
pub(crate) mod new;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod submit;
