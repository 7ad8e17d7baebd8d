//! The `openrosa` command: what people reach for when a form is refused.

// What cannot be told ends nothing: `terminal::tell`.
#![warn(clippy::print_stderr)]

mod blank_forms;
mod changes;
mod cmd;
mod codes;
mod database;
mod defused;
mod durable;
mod excerpt;
mod exit;
mod file_limit;
mod fleeting;
mod folder;
mod input;
mod page;
mod server_place;
mod servers;
mod sign_in;
mod signals;
mod staged;
mod state;
mod table;
mod target;
mod terminal;
mod unfetched;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Build, look into, check, send and receive OpenRosa form submissions and their cases.
#[derive(Parser)]
#[command(name = "openrosa", version, propagate_version = true, after_long_help = ENVIRONMENT)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const ENVIRONMENT: &str = "\
What the environment may have:
  OPENROSA_CONFIG    the settings and the servers that have names, in place of the usual file
  OPENROSA_DATABASE  the database of this device, where no --database is given
  SSL_CERT_FILE      the certificates (PEM) of authorities to trust, and SSL_CERT_DIR a folder
                     of them, in place of the system's; not on macOS and Windows
  HTTPS_PROXY        the proxy for https addresses; HTTP_PROXY that for http, ALL_PROXY both,
                     NO_PROXY the hosts that are reached without it
  RUST_LOG           what `serve` tells, where no --log is given";

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
    Login(cmd::login::Args),
    Logout(cmd::logout::Args),
    Whoami(cmd::whoami::Args),
    Forms(Box<cmd::forms::Args>),
    Hq(Box<cmd::hq::Args>),
    Restore(Box<cmd::restore::Args>),
    Pull(Box<cmd::pull::Args>),
    Push(Box<cmd::push::Args>),
    Submit(Box<cmd::submit::Args>),
    Outbox(Box<cmd::outbox::Args>),
    Sync(Box<cmd::sync::Args>),
    Db(cmd::db::Args),
    Encrypt(cmd::encrypt::Args),
    Decrypt(cmd::decrypt::Args),
    Serve(Box<cmd::serve::Args>),
    Admin(Box<cmd::admin::Args>),
    Demo(cmd::demo::Args),
}

fn main() -> ExitCode {
    file_limit::survive();
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) if error.use_stderr() => error.exit(),
        Err(asked) => {
            // Help, or the version.
            terminal::print(&asked.render().ansi().to_string());
            return exit::report(terminal::all_said().map(|()| exit::Exit::Clean));
        }
    };
    let result = match command {
        Command::New(args) => cmd::new::run(&args),
        Command::Show(args) => cmd::show::run(&args),
        Command::Check(args) => cmd::check::run(&args),
        Command::Explain(args) => cmd::explain::run(&args),
        Command::Convert(args) => cmd::convert::run(&args),
        Command::Apply(args) => cmd::apply::run(&args),
        Command::Cases(args) => cmd::cases::run(&args),
        Command::DiffProfiles(args) => cmd::diff_profiles::run(&args),
        Command::Login(args) => cmd::login::run(&args),
        Command::Logout(args) => cmd::logout::run(&args),
        Command::Whoami(args) => cmd::whoami::run(&args),
        Command::Forms(args) => cmd::forms::run(&args),
        Command::Hq(args) => cmd::hq::run(&args),
        Command::Restore(args) => cmd::restore::run(&args),
        Command::Pull(args) => cmd::pull::run(&args),
        Command::Push(args) => cmd::push::run(&args),
        Command::Encrypt(args) => cmd::encrypt::run(&args),
        Command::Decrypt(args) => cmd::decrypt::run(&args),
        Command::Submit(args) => cmd::submit::run(&args),
        Command::Outbox(args) => cmd::outbox::run(&args),
        Command::Sync(args) => cmd::sync::run(&args),
        Command::Db(args) => cmd::db::run(&args),
        Command::Serve(args) => cmd::serve::run(&args),
        Command::Admin(args) => cmd::admin::run(&args),
        Command::Demo(args) => cmd::demo::run(&args),
    };
    exit::report(result.and_then(|exit| terminal::all_said().map(|()| exit)))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    /// A line that is wider is broken where it does not mean to be, in the middle of an example.
    #[test]
    fn what_stands_behind_the_help_fits_on_its_page() {
        fn look(command: &clap::Command) {
            let behind = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            let wide: Vec<_> = behind.lines().filter(|line| line.chars().count() > 96).collect();
            assert!(wide.is_empty(), "{}: {wide:#?}", command.get_name());
            command.get_subcommands().for_each(look);
        }
        look(&super::Cli::command());
    }
}
