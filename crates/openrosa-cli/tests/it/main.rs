//! The built `openrosa` command, run as a person would run it.

mod admin;
mod aggregate;
mod check;
mod check_sarif;
mod convert;
mod crowd;
mod dash;
mod demo;
mod desk;
mod encryption;
mod forms;
mod full_disk;
mod hq;
mod limits;
mod network;
mod new;
mod outbox;
mod pull;
mod push;
mod restore;
mod serve;
mod serve_s3;
mod serve_secretly;
mod servers;
mod serving_page;
mod show;
mod show_restore;
mod site;
mod state;
mod submit;
mod sync;
mod web;
mod wire;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// What one run of the command left behind.
struct Run {
    status: i32,
    out: String,
    err: String,
}

/// Runs the command with these arguments in a folder of its own making.
fn openrosa(arguments: &[&str]) -> Run {
    openrosa_reading(arguments, b"")
}

/// Runs the command with this on its standard input.
fn openrosa_reading(arguments: &[&str], input: &[u8]) -> Run {
    openrosa_in(Path::new("."), arguments, input)
}

/// Runs the command in this folder with this on its standard input.
fn openrosa_in(folder: &Path, arguments: &[&str], input: &[u8]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openrosa"));
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    // A command that does not read its input may end before we have written it.
    let _ = child.stdin.take().expect("standard input is a pipe").write_all(input);
    Run::of(&child.wait_with_output().expect("the command ends"))
}

impl Run {
    fn of(output: &Output) -> Self {
        Self {
            status: output.status.code().expect("no signal ended the command"),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The corpus beside the repository; `None`, after a loud line naming what goes unchecked, where there is none.
fn corpus(what_is_skipped: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("OPENROSA_CORPUS").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED, no corpus at {}: {what_is_skipped}", folder.display());
    None
}
