//! The `openrosa` command: what people reach for when a form is refused.

mod changes;
mod cmd;
mod codes;
mod durable;
mod excerpt;
mod exit;
mod folder;
mod input;
mod page;
mod receiver;
mod staged;
mod state;
mod table;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Build, look into, check, send and receive OpenRosa form submissions and their cases.
#[derive(Parser)]
#[command(name = "openrosa", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// One variant a file under `cmd/`.
#[derive(Subcommand)]
enum Command {
    New(Box<cmd::new::Args>),
    Show(cmd::show::Args),
    Check(Box<cmd::check::Args>),
    Explain(cmd::explain::Args),
    Convert(cmd::convert::Args),
    Apply(cmd::apply::Args),
    Cases(cmd::cases::Args),
    DiffProfiles(cmd::diff_profiles::Args),
    Encrypt(cmd::encrypt::Args),
    Decrypt(cmd::decrypt::Args),
    Submit(cmd::submit::Args),
    Serve(cmd::serve::Args),
    Demo(cmd::demo::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::New(args) => cmd::new::run(&args),
        Command::Show(args) => cmd::show::run(&args),
        Command::Check(args) => cmd::check::run(&args),
        Command::Explain(args) => cmd::explain::run(&args),
        Command::Convert(args) => cmd::convert::run(&args),
        Command::Apply(args) => cmd::apply::run(&args),
        Command::Cases(args) => cmd::cases::run(&args),
        Command::DiffProfiles(args) => cmd::diff_profiles::run(&args),
        Command::Encrypt(args) => cmd::encrypt::run(&args),
        Command::Decrypt(args) => cmd::decrypt::run(&args),
        Command::Submit(args) => cmd::submit::run(&args),
        Command::Serve(args) => cmd::serve::run(&args),
        Command::Demo(args) => cmd::demo::run(&args),
    };
    exit::report(result)
}
