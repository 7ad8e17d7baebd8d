//! How restores that take long are answered and kept.

use std::time::Duration;

use openrosa_store::server::Keeping;

/// A restore that is ready in time is given away and not kept.
#[derive(clap::Args)]
pub(super) struct Flags {
    /// How long a device waits for its restore before it is told to come again for it, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = Keeping::default().patience.as_secs())]
    restore_patience: u64,
    /// How long a restore that took longer is kept for who comes again, in minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    keep_restores: u32,
    /// How many of them are kept, the latest
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_kept_restores: u32,
    /// How much room they may take, in bytes. The newest is kept however large it is
    #[arg(long, value_name = "BYTES", default_value_t = Keeping::default().bytes)]
    max_kept_bytes: u64,
}

impl Flags {
    pub(super) fn keeping(&self) -> Keeping {
        Keeping {
            patience: Duration::from_secs(self.restore_patience),
            age: Duration::from_secs(60 * u64::from(self.keep_restores)),
            count: usize::try_from(self.max_kept_restores).unwrap_or(usize::MAX),
            bytes: self.max_kept_bytes,
            ..Keeping::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Flags,
    }

    #[test]
    fn what_is_not_said_is_as_usual() {
        let line = Line::try_parse_from(["serve"]).unwrap();
        assert_eq!(line.args.keeping(), Keeping::default());
    }

    /// A device that is told to come again has to find something then.
    #[test]
    fn nothing_can_be_kept_for_no_time() {
        for flag in ["--keep-restores=0", "--max-kept-restores=0"] {
            assert!(Line::try_parse_from(["serve", flag]).is_err(), "{flag}");
        }
    }
}
