//! One subcommand a file.

pub(crate) mod admin;
pub(crate) mod apply;
pub(crate) mod cases;
pub(crate) mod check;
pub(crate) mod convert;
pub(crate) mod db;
pub(crate) mod decrypt;
pub(crate) mod demo;
pub(crate) mod diff_profiles;
pub(crate) mod encrypt;
pub(crate) mod explain;
pub(crate) mod forms;
pub(crate) mod hq;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod new;
pub(crate) mod outbox;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod submit;
pub(crate) mod sync;
pub(crate) mod whoami;
